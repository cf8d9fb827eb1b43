"""Authentication: a password, or an ID token from GitHub exchanged for an upload token."""
