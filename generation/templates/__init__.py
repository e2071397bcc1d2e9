"""Chat templates: what their text depends on, and folders in which that is held fast."""
