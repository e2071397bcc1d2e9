"""Tests of the benchmark of oversight."""
