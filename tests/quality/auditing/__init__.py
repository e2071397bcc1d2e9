"""Tests of quality/auditing."""
