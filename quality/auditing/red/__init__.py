"""Red checks: which rows make a figure miss its bound, the SQL that finds them, and what a person does."""
