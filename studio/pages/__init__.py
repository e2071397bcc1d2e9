"""The pages: each takes a request and answers with HTML."""
