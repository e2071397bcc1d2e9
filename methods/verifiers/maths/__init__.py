"""Final answers of mathematics: found, read, and compared."""
