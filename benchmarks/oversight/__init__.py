"""Measured oversight: debates on a lab before a weaker judge."""
