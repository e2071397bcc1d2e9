"""Rounds in the graph: what a stop leaves out, and the model that a round hands on."""
