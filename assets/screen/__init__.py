"""What is shown on a terminal, as wide as it is."""
