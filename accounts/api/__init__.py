"""The doors of people: sign-in and one's own account."""
