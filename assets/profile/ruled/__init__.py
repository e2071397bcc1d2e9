"""Sections on rules of a constitution that teach a policy."""
