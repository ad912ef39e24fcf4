"""Doors of HTTP."""
