"""The demo from nothing, and again: python -m benchmarks.demo."""
