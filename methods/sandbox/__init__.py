"""Untrusted programs, run where they can do nothing but compute."""
