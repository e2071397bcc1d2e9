"""What keeps a version from going, and which versions a state can do without."""
