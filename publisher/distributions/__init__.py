"""Wheels and sdists: found, read once, described by frozen values."""
