"""Rewards of samples by several signals."""
