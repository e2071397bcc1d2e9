"""Scalable oversight: debates of stronger models before a weaker judge, and labels from them."""
