"""Problems with known answers, and prompts from files."""
