"""What must always hold between the rows of this app."""
