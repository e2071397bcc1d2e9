"""Tests of quality/checks."""
