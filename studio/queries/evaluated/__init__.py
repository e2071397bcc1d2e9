"""What pages of evaluations ask: which versions belong together, figures, flips, and the judge's words."""
