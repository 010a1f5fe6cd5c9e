"""Traffic: what recorded exchanges tell of a server's rules, where none may be written to."""
