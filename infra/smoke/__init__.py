"""Checks a deployed stack from outside, by its API: `make smoke`."""
