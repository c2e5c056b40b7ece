"""Measures pushes to FCM over HTTP/1.1, HTTP/1.1 with TLS, and HTTP/2 with TLS, which is what vendors speak.

The request for the access token is part of connections and bytes, and not of instructions.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from .callgrind import counted
from .progress import say
from .relay import Relay
from .results import Numbers
from .simulators import running

# As many as a call of firebase-admin takes.
BATCH = 500
_FEW_TIMES, _MANY_TIMES = 1, 5
# Name, scheme, and options of the simulators.
TRANSPORTS = (("http1", "http", ()), ("http1-tls", "https", ("--http1",)), ("http2-tls", "https", ()))


def transport_costs(push_cost: Path, program: Path) -> Numbers:
    """Return connections, bytes and instructions of each transport."""
    costs: Numbers = {}
    for name, scheme, options in TRANSPORTS:
        say(f"pushes over {name}")
        with running(program, *options) as simulators:
            relay = Relay(simulators.authority)
            to = [f"{scheme}://{relay.authority}", f"--ca-pem={simulators.ca_pem()}"]

            def command(times: int, to: list[str] = to) -> list[str]:
                return [str(push_cost), "fcm", str(BATCH), str(times), *to]

            subprocess.run(command(1), check=True)
            costs |= {
                f"connections/transport/{name}": relay.connections,
                f"bytes/transport/{name}/sent": relay.sent,
                f"bytes/transport/{name}/received": relay.received,
            }
            more = counted(command(_MANY_TIMES)) - counted(command(_FEW_TIMES))
            relay.close()
        costs[f"instructions/transport/{name}"] = more // ((_MANY_TIMES - _FEW_TIMES) * BATCH)
    return costs
