"""Models that score texts which they read whole."""
