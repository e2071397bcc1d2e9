"""Pipelines that join datasets of other pipelines."""
