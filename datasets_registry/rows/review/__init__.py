"""Row types of people's reviews: what they are asked, what they answer, and how far the labels agree."""
