"""The code paths of a card, run on CPUs in bfloat16: what is served, sharded, counted and kept apart."""
