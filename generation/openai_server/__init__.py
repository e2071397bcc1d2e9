"""Any /v1 chat-completions server."""
