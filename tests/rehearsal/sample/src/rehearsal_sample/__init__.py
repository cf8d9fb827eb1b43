"""A greeting that travels as a wheel."""


def greet() -> str:
    """Return the greeting."""
    return "Hello from a wheel that made the whole journey."
