"""Reports: Schemathesis' own for JUnit, HAR and HTML, with the rules in them; JSON and annotations of ours."""
