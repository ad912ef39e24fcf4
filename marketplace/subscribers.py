"""What the app of services does when others tell it something."""
