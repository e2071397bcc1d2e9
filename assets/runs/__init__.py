"""Dagster's runs: those whose process is gone, and those that were held."""
