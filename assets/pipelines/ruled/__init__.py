"""Datasets by rules of a constitution."""
