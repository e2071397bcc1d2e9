"""Checks of what people review."""
