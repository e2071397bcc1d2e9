"""Pipelines of scalable oversight."""
