"""Lists dead letters, and moves them back: `make dead-letters` and `make redrive`."""
