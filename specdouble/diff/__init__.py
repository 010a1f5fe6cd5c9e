"""What the change of a contract means for its clients."""
