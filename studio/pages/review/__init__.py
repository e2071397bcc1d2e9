"""Pages at which people review pairs without seeing their labels."""
