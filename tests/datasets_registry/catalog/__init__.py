"""Tests of datasets_registry/catalog."""
