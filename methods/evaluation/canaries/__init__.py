"""Canaries: answers that give nothing, which go through judged suites as models do, to test the judge."""
