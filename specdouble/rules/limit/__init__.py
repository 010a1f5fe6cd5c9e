"""How many documents there may be."""
