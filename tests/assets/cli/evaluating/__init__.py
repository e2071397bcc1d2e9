"""Tests of the commands about evaluations."""
