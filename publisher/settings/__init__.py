"""The inputs and the variables of the runner, as frozen values."""
