"""Turns compiled binaries into what `sam deploy` uploads: a folder with a `bootstrap` a function, and the template
pointing at those folders. `sam build` would do the same, but compiles everything anew with a cross compiler."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from settings import StackError

_CODE_URI = re.compile(r"^(\s*CodeUri:\s*)\.\./functions/(?P<package>[a-z0-9-]+)\s*$", re.MULTILINE)


def write(template: Path, binaries: Path, target: Path) -> Path:
    """Lay out `target` and return the template in it. A binary is `NAME` or `NAME/bootstrap` under `binaries`."""
    text = template.read_text()
    packages = sorted({match["package"] for match in _CODE_URI.finditer(text)})
    found = {package: _binary(binaries, package) for package in packages}
    missing = [package for package, binary in found.items() if binary is None]
    if missing:
        raise StackError(f"no binary in {binaries} for: {', '.join(missing)}. Has the workspace been built?")
    for package, binary in found.items():
        assert binary is not None
        _place(binary, target / package / "bootstrap")
    written = target / "template.yaml"
    written.write_text(_CODE_URI.sub(lambda match: f"{match[1]}{match['package']}", text))
    return written


def _binary(binaries: Path, package: str) -> Path | None:
    candidates = (binaries / package, binaries / package / "bootstrap")
    return next((path for path in candidates if path.is_file()), None)


def _place(binary: Path, bootstrap: Path) -> None:
    """Copy a binary without its debug information, which makes an upload ten times as large."""
    if bootstrap.exists() and bootstrap.stat().st_mtime >= binary.stat().st_mtime:
        return
    bootstrap.parent.mkdir(parents=True, exist_ok=True)
    strip = shutil.which("strip")
    stripped = strip and subprocess.run([strip, "-o", bootstrap, binary], capture_output=True, check=False)
    if not stripped or stripped.returncode != 0:
        shutil.copyfile(binary, bootstrap)
    bootstrap.chmod(0o755)
