"""Where it goes: the listing, the upload form, the waves and the judgement of every reply."""
