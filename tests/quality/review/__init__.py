"""Tests of quality/review."""
