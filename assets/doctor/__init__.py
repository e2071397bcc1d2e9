"""What trimtab doctor looks at: the state, Dagster, this machine and what is installed."""
