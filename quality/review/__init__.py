"""People's reviews: what they are shown, what they answer, and what that says of the labels."""
