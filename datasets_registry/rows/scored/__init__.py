"""Row types and columns of scores by several signals, and of what is chosen and mixed by them."""
