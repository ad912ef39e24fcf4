"""What apps see of money."""
