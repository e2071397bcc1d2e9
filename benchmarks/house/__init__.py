"""What the source weighs: python -m benchmarks.house [--json] [--quick]."""
