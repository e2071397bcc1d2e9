"""What people have reviewed, where the graph waits for it."""
