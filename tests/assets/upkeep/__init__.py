"""Tests of what keeps a version from going."""
