"""A first day with own data: how many commands, lines and seconds it takes from a clean state."""
