"""Reads across tables, one module a topic."""
