"""Tests of training/online."""
