"""The profile's `[rounds.NAME]`: a line of rounds, and the models that it unrolls to."""
