"""Releases: archives that `make deploy` takes in place of a build, with the same bytes wherever they are made."""
