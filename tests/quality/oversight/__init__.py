"""Tests of the report on oversight."""
