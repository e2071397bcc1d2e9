"""Tests of methods/judges."""
