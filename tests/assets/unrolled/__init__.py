"""Tests of rounds that a profile unrolls."""
