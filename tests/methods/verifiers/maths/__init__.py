"""Tests of the verifier of mathematics."""
