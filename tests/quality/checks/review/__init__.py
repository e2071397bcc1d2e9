"""Tests of checks of reviews."""
