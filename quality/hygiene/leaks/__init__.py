"""Items of evaluation in training data."""
