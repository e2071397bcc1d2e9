"""A file per method: the assets that it declares."""
