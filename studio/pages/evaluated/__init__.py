"""Pages of evaluations: figures with intervals, and flips word for word."""
