"""Runs background processes of the local stack. It starts them with a log file, finds them in a later run, and stops
them gently.

A process is identified by pid *and* start time. A pid that the system has given to another process is never signalled.
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
    """A process that this stack started. It leads a process group of its own."""

    pid: int
    started: str

    def alive(self) -> bool:
        """Return whether the pid is still this process."""
        return _start_time(self.pid) == self.started

    def as_json(self) -> dict[str, int | str]:
        """Return the form of the state file."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: object) -> Process | None:
        """Return the process of a state file's entry, if it still runs."""
        if not isinstance(value, dict) or not isinstance(value.get("pid"), int):
            return None
        process = cls(value["pid"], str(value.get("started")))
        return process if process.alive() else None


def start(command: list[str], environment: dict[str, str], log: Path, directory: Path | None = None) -> Process:
    """Start `command` detached from this terminal. Its output is appended to `log`."""
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
    """Stop a process and the rest of its group. Kills them if they do not end in time."""
    if not process.alive():
        return
    os.kill(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + patience
    while process.alive() and time.monotonic() < deadline:
        _reap(process.pid)
        time.sleep(0.05)
    # The group outlives its leader: the emulator's function processes belong to it.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    _reap(process.pid)


def wait_until(ready: Callable[[], bool], process: Process, what: str, log: Path, patience: float) -> None:
    """Wait until `ready` returns true. Fails if the process ends or the time is over."""
    deadline = time.monotonic() + patience
    while not ready():
        _reap(process.pid)
        if not process.alive():
            raise StackError(f"{what} ended while starting; the end of {log}:\n{_tail(log)}")
        if time.monotonic() > deadline:
            raise StackError(f"{what} was not ready after {patience:.0f} s; see {log}")
        time.sleep(0.1)


def port_open(port: int) -> bool:
    """Return whether a process on this machine accepts connections on `port`."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((HOST, port)) == 0


def require_free(port: int, what: str, variable: str) -> None:
    """Refuse a port that another process uses, and name the variable that changes it."""
    if port_open(port):
        raise StackError(
            f"port {port}, meant for the {what}, is in use by a process that this stack did not start. "
            f"End that process or choose another port: {variable}=<port> make up"
        )


def _start_time(pid: int) -> str | None:
    """Return the process's start time from the system. None if there is no process, or if it only waits to be reaped.
    """
    try:
        # Fields after the command name, which is in parentheses and may hold any text: the state is field 0, the start
        # time 19.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if fields[0] in "ZX" else fields[19]
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return None
    shown = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, began = shown.stdout.strip().partition(" ")
    return None if not state or state.startswith("Z") else began.strip()


def _reap(pid: int) -> None:
    """Reap the process if it is a child of this run."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
