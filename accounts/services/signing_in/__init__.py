"""Signing in: codes, what an account asks beside them, sessions and their tokens."""
