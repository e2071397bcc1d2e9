"""Requests by a provider's batch interface: each submitted once, waited for, and collected."""
