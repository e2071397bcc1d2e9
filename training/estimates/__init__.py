"""What a training run takes before it begins: memory, disk and time, from shapes and settings."""
