"""Tests of what people do to versions that are there."""
