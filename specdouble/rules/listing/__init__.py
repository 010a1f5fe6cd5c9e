"""What the parameters of a list do."""
