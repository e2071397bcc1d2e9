"""The public forms that import recognises, a module per family, and the conversations in them."""
