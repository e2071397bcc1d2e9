"""Sides of the benchmark of verdicts."""
