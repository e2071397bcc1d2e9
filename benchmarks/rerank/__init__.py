"""Best of 16 samples, chosen by reward models and a vote."""
