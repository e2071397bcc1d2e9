"""Tests of reviews in the graph."""
