"""What the benchmarks of labels, judges and hygiene compare."""
