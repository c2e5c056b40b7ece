"""Lays compiled binaries out as `sam deploy` uploads them: a folder with a `bootstrap` for each package, and the
template that points to these folders. `sam build` does the same, but compiles anew for every function.

Usage: artifacts.py BINARIES TARGET
"""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

from settings import TEMPLATE, StackError

_CODE_URI = re.compile(r"^(\s*CodeUri:\s*)\.\./functions/(?P<package>[a-z0-9-]+)\s*$", re.MULTILINE)
_ARCHITECTURE = re.compile(r"(?<=\n  Architecture:\n    Type: String\n)    Default: .*\n    AllowedValues: .*\n")
_ELF_MACHINES = {0x3E: "x86_64", 0xB7: "arm64"}


def write(binaries: Path, target: Path) -> Path:
    """Lay out `target` and return the template in it. A binary is `NAME` or `NAME/bootstrap` under `binaries`."""
    text = TEMPLATE.read_text()
    found = find(text, binaries)
    only = common_architecture(found)
    for package, binary in found.items():
        _place(binary, target / package / "bootstrap")
    written = target / "template.yaml"
    written.write_text(packaged(text, only, "{package}"))
    return written


def find(template: str, binaries: Path) -> dict[str, Path]:
    """Return the binary of each package that a template deploys."""
    packages = sorted({match["package"] for match in _CODE_URI.finditer(template)})
    found = {package: _binary(binaries, package) for package in packages}
    missing = [package for package, binary in found.items() if binary is None]
    if missing:
        raise StackError(f"no binary in {binaries} for: {', '.join(missing)}. Has the workspace been built?")
    return {package: binary for package, binary in found.items() if binary}


def common_architecture(found: dict[str, Path]) -> str:
    """Return Lambda's name for the architecture that all binaries have."""
    architectures = {architecture(binary) for binary in found.values()}
    if len(architectures) != 1:
        raise StackError(f"the binaries are for {' and '.join(sorted(architectures))}; one is needed")
    return architectures.pop()


def packaged(template: str, only: str, code: str) -> str:
    """Return a template that points to built code, such as `functions/{package}.zip` beside it.

    It allows only the architecture of the binaries, so a deployment with another one is refused.
    """
    text = _CODE_URI.sub(lambda match: match[1] + code.format(package=match["package"]), template)
    return _ARCHITECTURE.sub(f"    Default: {only}\n    AllowedValues: [{only}]\n", text)


def architecture(binary: Path) -> str:
    """Return Lambda's name for the architecture of a binary."""
    with binary.open("rb") as file:
        header = file.read(20)
    if header[:4] == b"\x7fELF":
        machine = int.from_bytes(header[18:20], "little")
        if machine in _ELF_MACHINES:
            return _ELF_MACHINES[machine]
        raise StackError(f"{binary} is for a processor that Lambda does not have")
    # The binary is not for Linux. It only works with an emulator on this machine.
    return "arm64" if platform.machine().lower() in ("arm64", "aarch64") else "x86_64"


def _binary(binaries: Path, package: str) -> Path | None:
    candidates = (binaries / package, binaries / package / "bootstrap")
    return next((path for path in candidates if path.is_file()), None)


def _place(binary: Path, bootstrap: Path) -> None:
    """Copy a binary without its debug information, which would make the upload several times larger."""
    if bootstrap.exists() and bootstrap.stat().st_mtime_ns > binary.stat().st_mtime_ns:
        return
    bootstrap.parent.mkdir(parents=True, exist_ok=True)
    strip = shutil.which("strip")
    # `strip` may fail on a foreign architecture. Release binaries are stripped already.
    stripped = strip and subprocess.run([strip, "-o", bootstrap, binary], capture_output=True, check=False)
    if not stripped or stripped.returncode != 0:
        shutil.copyfile(binary, bootstrap)
    bootstrap.chmod(0o755)


def main(arguments: list[str]) -> int:
    """Entry point."""
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        template = write(Path(arguments[0]), Path(arguments[1]))
    except StackError as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    for bootstrap in sorted(template.parent.glob("*/bootstrap")):
        print(f"{bootstrap.parent.name:<16} {architecture(bootstrap):<7} {bootstrap.stat().st_size / 1e6:6.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
