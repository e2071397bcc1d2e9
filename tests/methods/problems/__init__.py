"""Tests of methods/problems."""
