"""Finds the Chromium in which the console is tested, and prints its path. If there is none, prints nothing and says on
standard error what to install.

Usage: chromium.py

CURLEW_CHROMIUM names another browser; `none` means no browser. On a system with apt-get, root gets the packages
installed, which may take five minutes at most.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time

NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"]
# Without the second package, Chinese is drawn as boxes.
PACKAGES = ["chromium", "fonts-noto-cjk"]
VARIABLE = "CURLEW_CHROMIUM"
INSTALL_SECONDS = 300
ANSWER_SECONDS = 30
STDERR = 2


def find(wanted: str | None) -> str | None:
    """Return the path of a browser that runs: the wanted one, or else the first of this system's."""
    return next(filter(_runs, filter(None, map(shutil.which, [wanted] if wanted else NAMES))), None)


def can_install() -> bool:
    """Return whether this user may install packages and the system has apt-get."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install() -> None:
    """Install the packages. A failure is printed, and no browser is found afterwards."""
    _say(f"no Chromium here; installing the Debian packages {' '.join(PACKAGES)} ({VARIABLE}=none prevents it)")
    deadline = time.monotonic() + INSTALL_SECONDS
    try:
        for command in (["update"], ["install", "--yes", "--no-install-recommends", *PACKAGES]):
            subprocess.run(["apt-get", "-qq", *command], env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
                           stdin=subprocess.DEVNULL, stdout=STDERR, timeout=deadline - time.monotonic(), check=True)  # fmt: skip
    except (subprocess.SubprocessError, OSError) as problem:
        _say(f"not installed: {problem}")


def main() -> None:
    wanted = os.environ.get(VARIABLE) or None
    if wanted == "none":
        return
    found = find(wanted)
    if not found and not wanted and can_install():
        install()
        found = find(None)
    if found:
        print(found)
    elif wanted:
        _say(f"{VARIABLE} names {wanted}, which does not run")
    else:
        _say(f"no Chromium here: install it (Debian: apt-get install {' '.join(PACKAGES)}), or name one in {VARIABLE}")


def _runs(path: str) -> bool:
    """Return whether the command prints its version. Ubuntu has a `chromium-browser` that only says how to install one.
    """
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=ANSWER_SECONDS, check=False).returncode == 0
    except (subprocess.SubprocessError, OSError):
        return False


def _say(text: str) -> None:
    print(f"[chromium] {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
