"""What the app of homes does when others tell it something."""
