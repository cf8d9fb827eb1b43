"""The index: what it already has, the upload form, the order of uploads, and what its answers mean."""
