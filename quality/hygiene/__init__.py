"""What is found in the texts that models learn from."""
