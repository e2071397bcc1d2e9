"""Tests of Dagster's runs."""
