"""Tests of methods/evaluation."""
