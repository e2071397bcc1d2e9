"""Rejection sampling: candidates, rewards and what is selected."""
