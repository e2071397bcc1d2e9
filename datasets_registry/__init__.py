"""Named, versioned, immutable datasets and models: Parquet objects, a catalog, DuckDB to ask."""
