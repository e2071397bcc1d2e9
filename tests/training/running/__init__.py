"""Tests of training/running."""
