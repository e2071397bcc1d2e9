"""Tests of training/preferences."""
