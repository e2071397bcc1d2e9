"""The algorithms as plain functions over typed rows: no Dagster, no DuckDB, no torch."""
