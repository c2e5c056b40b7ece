"""Tests of the import, against both APIs in small: no sleeps, the clock is the tests' own."""
