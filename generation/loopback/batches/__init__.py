"""Batch interfaces: many requests in one submission, answered later."""
