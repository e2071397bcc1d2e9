"""Tests of datasets_registry/importing/inspect."""
