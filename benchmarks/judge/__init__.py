"""A judge of what a mock server remembers: it shares no code with the double."""
