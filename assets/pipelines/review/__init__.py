"""Review by people in the graph."""
