"""Amplification: questions split into smaller ones, answered by a policy, composed, and learned by it."""
