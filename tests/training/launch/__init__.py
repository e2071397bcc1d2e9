"""Tests of training/launch."""
