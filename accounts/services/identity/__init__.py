"""Documents: handed in, looked at, decided, and the levels that follow."""
