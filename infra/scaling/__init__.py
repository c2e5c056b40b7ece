"""Models how far a stack goes, what limits it first and what it costs: the tables of `docs/scaling.md`."""
