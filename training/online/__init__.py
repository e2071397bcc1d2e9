"""What trainers that learn from their own completions share."""
