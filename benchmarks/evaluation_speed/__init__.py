"""How fast evaluation is."""
