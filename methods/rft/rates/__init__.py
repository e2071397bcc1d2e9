"""Pass rates of policies on problems, and problems chosen by them."""
