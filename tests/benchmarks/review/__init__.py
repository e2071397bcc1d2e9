"""Tests of benchmarks/review."""
