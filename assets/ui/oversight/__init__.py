"""What the UI shows of scalable oversight."""
