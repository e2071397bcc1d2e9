"""What commands look like."""
