"""Use cases of money."""
