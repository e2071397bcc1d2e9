"""Tests of what judged suites have in common."""
