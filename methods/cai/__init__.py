"""Constitutional AI, phase 1: drafts, critiques, revisions, and the SFT set."""
