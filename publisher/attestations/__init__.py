"""PEP 740 attestations: read from files or signed with Sigstore."""
