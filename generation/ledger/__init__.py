"""Completions, each written once and found again by key."""
