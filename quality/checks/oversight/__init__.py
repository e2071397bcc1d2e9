"""Checks of scalable oversight."""
