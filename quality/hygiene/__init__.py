"""Findings in the texts that models learn from."""
