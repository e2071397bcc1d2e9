"""What the Dagster UI shows of a version."""
