"""Measures the processor time of a push through our client and through firebase-admin's `sendEach(500)`, on the same
simulators, over HTTP/2 with TLS.

Both send the same notification to the same number of device tokens, one request each. The difference between a long and a
short run leaves the start out. The processor time is that of the process, user and system. The shortest of some rounds
counts, because a busy machine only adds time.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from settings import ROOT

from .progress import say
from .results import Numbers
from .simulators import Simulators, running
from .transports import BATCH

_PROGRAM = ROOT / "tests" / "bench" / "firebase" / "push-cost.mjs"
# Calls before the measured ones warm both up, also the compiler of Node.
_FEW_TIMES, _MANY_TIMES = 8, 24
_ROUNDS = 3


def firebase_costs(push_cost: Path, program: Path) -> Numbers:
    """Return microseconds of the processor for a push, and how many times cheaper ours is."""
    with running(program) as simulators, tempfile.NamedTemporaryFile("w", suffix=".pem") as ca:
        ca.write(simulators.ca_pem())
        ca.flush()
        ours = [str(push_cost), "fcm", str(BATCH), "TIMES", simulators.https, f"--ca-pem={simulators.ca_pem()}"]
        theirs = ["node", str(_PROGRAM), str(BATCH), "TIMES", simulators.http]
        curlew = _microseconds("push-cost", ours, simulators, {})
        firebase = _microseconds("firebase-admin", theirs, simulators, {"NODE_EXTRA_CA_CERTS": ca.name})
    return {
        "microseconds/firebase/curlew": curlew,
        "microseconds/firebase/firebase-admin": firebase,
        "ratio/firebase/cheaper": firebase / curlew,
    }


def _microseconds(name: str, command: list[str], simulators: Simulators, more: dict[str, str]) -> float:
    rounds = []
    for number in range(_ROUNDS):
        say(f"processor time of {name}, round {number + 1} of {_ROUNDS}")
        few, many = (_processor_seconds(command, times, simulators, more) for times in (_FEW_TIMES, _MANY_TIMES))
        rounds.append((many - few) / ((_MANY_TIMES - _FEW_TIMES) * BATCH) * 1e6)
    return min(rounds)


def _processor_seconds(command: list[str], times: int, simulators: Simulators, more: dict[str, str]) -> float:
    """Return the processor time of one run, and fail unless the simulators took every push."""
    simulators.ask("/reset", "POST", {"parts": ["requests", "shades"]})
    command = [str(times) if it == "TIMES" else it for it in command]
    process = subprocess.Popen(command, env=os.environ | more)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode or simulators.sends("fcm") != times * BATCH:
        raise SystemExit(f"{command[0]} ended with {process.returncode}, and FCM got {simulators.sends('fcm')} pushes")
    return used.ru_utime + used.ru_stime
