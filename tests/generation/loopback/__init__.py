"""Tests of the loopback servers."""
