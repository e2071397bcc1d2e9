"""Asking servers that have the model: when to ask again, how many at once, and what their errors mean."""
