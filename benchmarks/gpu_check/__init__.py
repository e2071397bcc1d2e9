"""A machine checked for its GPU paths in ten minutes: python -m benchmarks.gpu_check [--out FOLDER]."""
