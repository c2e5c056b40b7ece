"""Serves a fake app at Easemob on a port of this machine, for tests of the deployed stack.

Reads a line of JSON, `{"users": [[name, fields]], "bindings": [[user, device, certificate, token]], "groups": [[id,
owner, members]]}`. Prints the address, and ends when its input ends.
"""

from __future__ import annotations

import json
import sys

from .fake_easemob import FakeEasemob
from .server import on_loopback


def main() -> None:
    """Entry point."""
    app, given = FakeEasemob(), json.loads(sys.stdin.readline())
    for name, fields in given["users"]:
        app.user(name, **fields)
    for user, device, certificate, token in given["bindings"]:
        app.bind(user, device, certificate, token)
    for group, owner, members in given["groups"]:
        app.group(group, owner, members)
    with on_loopback(app) as address:
        print(address, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
