"""Publish wheels and sdists to a Python package index by Trusted Publishing."""

__version__ = "1.0.0"
