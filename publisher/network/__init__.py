"""HTTP: one client, retry policies as values, answers as plain data; nothing about packaging."""
