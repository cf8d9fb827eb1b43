"""Read what archives hold, within bounds that no hostile archive can stretch; nothing is extracted to disk."""
