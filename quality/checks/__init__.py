"""What must hold of a dataset or model, as checks."""
