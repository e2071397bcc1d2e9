"""Tests of methods/cai."""
