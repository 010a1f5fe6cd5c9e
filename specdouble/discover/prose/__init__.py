"""Prose: what the sentences of a contract say of its rules, read by patterns of English, without a language model."""
