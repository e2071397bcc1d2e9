"""Streams of requests and tasks."""
