"""Tests of releases, with stand-ins in place of compiled functions."""
