"""Checks of rounds."""
