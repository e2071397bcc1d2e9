"""Whether a round of iterated training is healthy: its watch and its verdict."""
