"""Tests of what the demo says."""
