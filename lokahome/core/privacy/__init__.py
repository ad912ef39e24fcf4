"""What is held about people: said once a table, then copied, emptied, and forgotten."""
