"""The inputs and the runner's variables, parsed once into frozen values."""
