"""Reports: all drawn from the verdict as plain data; the HTTP archive is what Schemathesis writes."""
