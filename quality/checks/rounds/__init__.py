"""Checks of rounds: their prompts and data, and their watch."""
