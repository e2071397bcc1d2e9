"""Tests mirror the folders; their names are sentences."""
