"""Tests of what a machine must have."""
