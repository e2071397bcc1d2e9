"""What trainers and runs are configured by."""
