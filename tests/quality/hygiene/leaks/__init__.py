"""Tests of the search for items of evaluation in training data."""
