"""Publishing by checks, verification of what is stored, and explanations of rows."""
