"""Versions as files for other programs, and as repositories of a hub."""
