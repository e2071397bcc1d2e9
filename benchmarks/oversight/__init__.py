"""Measured oversight: debates on a lab before a weaker judge."""

import os

# tiny models are quicker on one thread, and two that spin slow down whatever runs beside them
os.environ.setdefault("OMP_NUM_THREADS", "1")
