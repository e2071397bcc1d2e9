"""Versions looked into: what they are, came from, and differ in."""
