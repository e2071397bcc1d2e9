"""What the commands about plans print."""
