"""Policies of rounds and their controls on the lab, seed by seed."""
