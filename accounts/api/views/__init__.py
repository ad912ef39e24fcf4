"""HTTP to one call: people."""
