"""Planted models on every suite: whether what was planted is found, and nothing else."""
