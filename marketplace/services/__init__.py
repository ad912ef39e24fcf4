"""Use cases of services."""
