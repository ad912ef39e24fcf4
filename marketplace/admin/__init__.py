"""The back-office pages of services."""
