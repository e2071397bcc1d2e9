"""The catalog: which versions there are, and how each was made."""
