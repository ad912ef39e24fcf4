"""What people change about themselves: name, numbers, addresses."""
