"""Tests of the commands that keep a state in order."""
