"""What the doors of people read and write."""
