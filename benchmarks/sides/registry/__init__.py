"""What the registry's benchmark compares."""
