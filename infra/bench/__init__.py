"""Measures speed, size and cost against the budgets, and compares with the committed baseline: `make bench`."""
