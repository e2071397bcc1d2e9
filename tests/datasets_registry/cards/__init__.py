"""Tests of datasets_registry/cards."""
