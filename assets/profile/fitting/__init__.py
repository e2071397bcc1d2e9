"""What the sections of a profile need of each other."""
