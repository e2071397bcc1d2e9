"""Judges of every kind, and principles that need none, measured part by part."""
