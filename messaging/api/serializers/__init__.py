"""Shapes of the answers, one module a topic."""
