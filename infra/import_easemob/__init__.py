"""Moves an app from Easemob to Curlew through the public REST calls of both: `make import-easemob`.

docs/migrating.md says what it moves and how to use it. Without `--apply` it reads and compares, and writes only a
report.

It compares three values: Easemob's, Curlew's, and the one that an earlier run wrote. A value that nobody changed at
Curlew follows Easemob's. A value that somebody changed at Curlew stays. A run may therefore be stopped, repeated or
started again while both products are in use.
"""
