"""Where a trainer runs: in a process beside the run, or as a job of a Ray cluster."""
