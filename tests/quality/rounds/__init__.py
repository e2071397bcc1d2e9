"""Tests of quality/rounds."""
