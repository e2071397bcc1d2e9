"""What a profile takes before it is built: calls, hours, memory and disk."""
