"""Untrusted programs, run where they can only compute."""
