"""Tests of datasets_registry/importing/forms."""
