"""What preference trainers share: the model that they compare with, and replay beside pairs."""
