"""What the benchmarks of generation and of its faults compare."""
