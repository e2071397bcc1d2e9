"""Figures of models, with intervals."""
