"""How rows become immutable, content-addressed Parquet, and come back."""
