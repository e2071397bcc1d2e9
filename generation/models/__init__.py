"""Models on disk: found, converted, saved and exported."""
