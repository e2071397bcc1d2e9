"""Tests of what is known of a training run before it begins."""
