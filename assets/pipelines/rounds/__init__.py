"""Rounds: the pipelines of labels and of evaluation, once for each round, and what decides on the next."""
