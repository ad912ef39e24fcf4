"""The door of the back-office: password, second factor, and only then a session."""
