"""Tests of benchmarks/rounds."""
