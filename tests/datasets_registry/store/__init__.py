"""Tests of datasets_registry/store."""
