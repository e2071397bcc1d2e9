"""Tests of generation/cards."""
