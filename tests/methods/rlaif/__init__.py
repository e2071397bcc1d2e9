"""Tests of methods/rlaif."""
