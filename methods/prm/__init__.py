"""Labels of reasoning steps by Monte-Carlo rollouts."""
