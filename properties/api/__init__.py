"""The API of homes."""
