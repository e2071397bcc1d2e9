"""Tests of imported data that a profile names."""
