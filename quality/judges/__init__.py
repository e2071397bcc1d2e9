"""How far judges and principles can be trusted."""
