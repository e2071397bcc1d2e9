"""What a completion says, whichever method asked for it: thoughts, steps, equations, refusals."""
