"""Tests of methods/prm."""
