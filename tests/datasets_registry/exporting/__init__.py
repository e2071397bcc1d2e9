"""Tests of datasets_registry/exporting."""
