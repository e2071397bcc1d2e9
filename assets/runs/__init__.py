"""Dagster's runs whose process is gone."""
