"""Tests of quality/judges."""
