"""Agencies, their members, and who is asked to join."""
