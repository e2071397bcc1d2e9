"""Tests of methods/judging."""
