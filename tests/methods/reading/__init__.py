"""Tests of methods/reading."""
