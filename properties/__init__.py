"""Homes: places, properties, listings, search, applications, leases and their rent."""
