"""Tests of generation/remote."""
