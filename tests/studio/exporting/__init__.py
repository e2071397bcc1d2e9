"""Tests of pages that are written as files."""
