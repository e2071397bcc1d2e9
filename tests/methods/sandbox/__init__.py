"""Tests of methods/sandbox."""
