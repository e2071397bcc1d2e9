"""Mixtures of datasets with stated shares by source."""
