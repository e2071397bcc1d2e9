"""Pages of the studio as files: a copy of what they show, to open without a server."""
