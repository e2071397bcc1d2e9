"""Requests that follow from completions, without a wait for the slowest of them."""
