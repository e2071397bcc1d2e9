"""Benchmarks of rounds."""
