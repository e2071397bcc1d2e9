"""Tests of methods/mixtures."""
