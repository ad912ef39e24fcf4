"""Files that people send: taken whole, checked, re-encoded, never served as they came."""
