"""Settings for all tests."""

from hypothesis import settings

# The duration of an example depends on the machine and on coverage.
settings.register_profile("here", deadline=None)
settings.load_profile("here")
