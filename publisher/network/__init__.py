"""How we talk: one client, retries as values, answers as plain data. Knows no noun of the domain."""
