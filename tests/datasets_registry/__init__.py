"""Tests of datasets_registry."""
