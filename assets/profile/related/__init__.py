"""What sections of a profile name of each other."""
