"""Proof of origin: PEP 740 attestations, read or made."""
