"""Background processes of the local stack: started into a log file, found again by a later run, ended gently.

A process is remembered by pid *and* start time, so that a pid which the system has given to somebody else in the
meantime is never signalled.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from settings import HOST, StackError


@dataclass(frozen=True)
class Process:
    """A process that this stack started, as leader of a process group of its own."""

    pid: int
    started: str

    def alive(self) -> bool:
        """Whether the pid still is that very process."""
        return _start_time(self.pid) == self.started

    def as_json(self) -> dict[str, int | str]:
        """The form in which the state file holds it."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: object) -> Process | None:
        """The process of a state file entry, if it still runs."""
        if not isinstance(value, dict) or not isinstance(value.get("pid"), int):
            return None
        process = cls(value["pid"], str(value.get("started")))
        return process if process.alive() else None


def start(command: list[str], environment: dict[str, str], log: Path, directory: Path | None = None) -> Process:
    """Start `command` detached from this terminal, its output appended to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(
            command,
            env=environment,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    started = _start_time(child.pid)
    if started is None:
        raise StackError(f"{command[0]} ended at once; see {log}")
    return Process(child.pid, started)


def stop(process: Process, patience: float = 10.0) -> None:
    """End a process and whatever is left of its group; force it when it does not go by itself."""
    if not process.alive():
        return
    os.kill(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + patience
    while process.alive() and time.monotonic() < deadline:
        _reap(process.pid)
        time.sleep(0.05)
    # The group outlives its leader: the emulator's function processes are in it.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    _reap(process.pid)


def wait_until(ready: Callable[[], bool], process: Process, what: str, log: Path, patience: float) -> None:
    """Wait for `ready`; give up when the process dies or patience runs out."""
    deadline = time.monotonic() + patience
    while not ready():
        _reap(process.pid)
        if not process.alive():
            raise StackError(f"{what} ended while starting; the end of {log}:\n{_tail(log)}")
        if time.monotonic() > deadline:
            raise StackError(f"{what} was not ready after {patience:.0f} s; see {log}")
        time.sleep(0.1)


def port_open(port: int) -> bool:
    """Whether something on this machine accepts connections on `port`."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((HOST, port)) == 0


def require_free(port: int, what: str, variable: str) -> None:
    """Refuse a port that something else holds, saying how to move ours."""
    if port_open(port):
        raise StackError(
            f"port {port}, meant for the {what}, is in use by a process that this stack did not start. "
            f"End that process or choose another port: {variable}=<port> make up"
        )


def _start_time(pid: int) -> str | None:
    """When the process began, as the system tells it; None for none and for one that only waits to be collected."""
    try:
        # Fields after the command name, which is in parentheses and may hold anything: state is 0, start time 19.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if fields[0] in "ZX" else fields[19]
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return None
    shown = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, began = shown.stdout.strip().partition(" ")
    return None if not state or state.startswith("Z") else began.strip()


def _reap(pid: int) -> None:
    """Collect the process if it is a child of this run."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
