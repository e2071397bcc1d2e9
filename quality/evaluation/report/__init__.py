"""The page of an evaluation: one model, or one beside its baseline, as HTML that needs nothing else."""
