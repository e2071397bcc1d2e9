"""Tests of quality/checks/mixed."""
