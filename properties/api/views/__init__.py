"""HTTP to one call: homes."""
