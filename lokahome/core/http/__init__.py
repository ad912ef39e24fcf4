"""Outgoing HTTP: the only door by which LOKAHOME calls somebody else's server."""
