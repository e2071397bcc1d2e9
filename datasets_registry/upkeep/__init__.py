"""What people do to versions that are there: tags, and what is no longer needed."""
