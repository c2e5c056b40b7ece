"""Counts instructions with valgrind's callgrind. A busy machine changes nothing about them."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def command(program: list[str], folder: str) -> list[str]:
    """Return the command that counts a program's instructions."""
    return ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", *program]


def collected(said: str, program: str) -> int:
    """Return the instructions that callgrind reports when the program ends."""
    found = re.search(r"Collected\s*:\s*(\d+)", said)
    if not found:
        raise SystemExit(f"callgrind counted nothing of {program}:\n{said}")
    return int(found[1])


def counted(program: list[str]) -> int:
    """Count the instructions of a program from its start to its end."""
    with scratch() as folder:
        done = subprocess.run(command(program, folder), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(program[:4])} failed:\n{done.stdout}{done.stderr}")
    return collected(done.stderr, Path(program[0]).name)


@contextmanager
def scratch() -> Iterator[str]:
    """Yield a folder for callgrind's own file."""
    with tempfile.TemporaryDirectory(prefix="callgrind-") as folder:
        yield folder
