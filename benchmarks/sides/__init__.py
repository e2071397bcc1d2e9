"""What the benchmarks compare, each side in a process of its own."""
