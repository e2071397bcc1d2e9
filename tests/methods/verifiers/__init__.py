"""Tests of methods/verifiers."""
