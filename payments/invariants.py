"""What must always hold about money."""
