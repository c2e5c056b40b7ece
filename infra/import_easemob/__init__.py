"""Moves an app from Easemob to Curlew through the public REST calls of both: `make import-easemob`.

What it moves, and how to go about it, is in docs/migrating.md. Without `--apply` it reads and compares, and writes nothing but a report.

Every value is compared three ways: Easemob's, Curlew's, and what an earlier run wrote. What nobody changed at Curlew since then follows
Easemob; what somebody did change there stays as it is. So a run may be stopped, repeated, and begun anew while both are in use.
"""
