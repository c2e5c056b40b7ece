"""Tests of the import against small fakes of both APIs. They use a clock of their own and do not sleep."""
