"""Rounds: which prompts and problems each asks, how its policy fails, what is fed back, what is pooled."""
