"""Tests of where a trainer runs."""
