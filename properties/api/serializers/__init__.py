"""What the API of homes reads and writes."""
