"""A document that is deleted stays in the store, and exists for nobody."""
