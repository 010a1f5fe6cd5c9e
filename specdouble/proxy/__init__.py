"""Stands between clients and a backend: tells what breaks the contract, records, and answers for what is missing."""
