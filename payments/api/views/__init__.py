"""HTTP to one call: money."""
