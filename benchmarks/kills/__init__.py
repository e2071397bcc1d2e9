"""Kills of everything that writes to a state, and what must not come of them."""
