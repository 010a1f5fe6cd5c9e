"""Projects: the folder that holds a contract, its handlers, its documents and its tests."""
