"""Tests of how a profile is read."""
