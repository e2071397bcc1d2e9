"""The commands about evaluations: evaluate, compare, report."""
