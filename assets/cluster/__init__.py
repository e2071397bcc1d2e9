"""A cluster's Dagster, and all services of one on this machine, to try it or to test it."""
