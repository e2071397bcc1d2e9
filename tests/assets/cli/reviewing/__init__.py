"""Tests of the commands about review."""
