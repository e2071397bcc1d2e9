"""What must hold of a dataset and of a model, said without Dagster."""
