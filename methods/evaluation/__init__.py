"""Answers of models, and what is measured of them."""
