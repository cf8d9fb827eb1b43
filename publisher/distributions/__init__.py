"""What we publish: wheels and sdists, found, read once and described by frozen values."""
