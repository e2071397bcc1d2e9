"""trimtab plan: what is to be built, why, and what it takes."""
