"""Data from elsewhere, every row accepted whole or rejected with its reason."""
