"""What reviews say besides how far people agree with the labels."""
