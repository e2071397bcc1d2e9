"""The studio on a version of a million pairs: time of a page, of a search, and its memory."""
