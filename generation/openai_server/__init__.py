"""Servers that speak the /v1 chat-completions protocol."""
