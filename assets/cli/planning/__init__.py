"""trimtab plan and trimtab doctor: what is to be built, why, what it takes, and what stands in the way."""
