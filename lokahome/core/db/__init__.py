"""What every table shares: identity, versions, visibility, append-only, locks."""
