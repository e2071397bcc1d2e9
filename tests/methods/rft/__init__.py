"""Tests of methods/rft."""
