"""Tests of generation/scoring."""
