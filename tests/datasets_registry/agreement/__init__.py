"""Tests of what processes agree on."""
