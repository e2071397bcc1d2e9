"""What the benchmarks of rejection sampling, reranking and step labels compare."""
