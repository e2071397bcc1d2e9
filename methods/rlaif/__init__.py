"""AI judgements of completion pairs, and preference labels."""
