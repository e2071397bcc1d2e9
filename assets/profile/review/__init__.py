"""The profile's `[review]`."""
