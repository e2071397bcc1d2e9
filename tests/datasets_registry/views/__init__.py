"""Tests of datasets_registry/views."""
