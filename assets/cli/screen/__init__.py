"""How tables and records are laid out on a screen or in a pipe."""
