"""Tests of what is held."""
