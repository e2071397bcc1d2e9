"""Tests of amplification."""
