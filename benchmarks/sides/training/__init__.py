"""What the benchmarks of trainers and rebuilds compare."""
