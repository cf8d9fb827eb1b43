"""Who we are: the ID token from GitHub, exchanged for an upload token of the index. Knows no index but its URLs."""
