"""A training run: opened on exact versions, watched, saved, and finished as a model."""
