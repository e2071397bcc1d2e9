"""Suites, a module each."""
