"""Rows of datasets as what trainers learn from."""
