"""What DuckDB shows of the registry: views over the Parquet files."""
