"""Servers that hold documents of others: these are byte-equal after every verification."""
