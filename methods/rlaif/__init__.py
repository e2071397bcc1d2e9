"""RLAIF: completion pairs, AI judgements and preference labels; direct scores; agreement with people."""
