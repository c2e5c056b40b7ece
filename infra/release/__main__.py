"""Makes releases in dist, makes them once more to compare, and deploys them."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from deployed import LOCAL, ROOT, CommandError
from settings import StackError

from . import source
from .contents import name
from .deploy import deploy
from .make import make, make_elsewhere
from .same import refuse_different, refuse_other_commit

_DIST = ROOT / "dist"
_WORK = LOCAL / "release"


def main(arguments: Iterable[str] | None = None) -> int:
    """Entry point."""
    chosen = _arguments(arguments)
    try:
        chosen.run(chosen)
    except (CommandError, StackError) as why:
        print(f"[release] error: {why}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as why:
        print(f"[release] error: {Path(why.cmd[0]).name} ended with {why.returncode}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("[release] interrupted", file=sys.stderr)
        return 1
    return 0


def _build(chosen: argparse.Namespace) -> None:
    """Write an archive for each architecture."""
    for archive in make(chosen.architecture, _WORK / "build", _DIST):
        _say(f"{archive.relative_to(ROOT)}: {archive.stat().st_size / 1e6:.1f} MB")


def _check(chosen: argparse.Namespace) -> None:
    """Make the archives of dist once more, elsewhere, and compare."""
    of = source.commit()
    for architecture in chosen.architecture:
        refuse_other_commit(_DIST / f"{name(of, architecture)}.tar.gz", of.id)
    with make_elsewhere(chosen.architecture, _WORK / "check") as archives:
        for archive in archives:
            refuse_different(_DIST / archive.name, archive)
            _say(f"{archive.name}: the same {archive.stat().st_size} bytes from other paths of sources, targets and packages")


def _deploy(chosen: argparse.Namespace) -> None:
    """Deploy a release without a compiler."""
    deploy(Path(chosen.release), chosen.environment)


def _arguments(arguments: Iterable[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m release", description=__doc__)
    commands = parser.add_subparsers(required=True)
    for command, run in (("build", _build), ("check", _check)):
        added = commands.add_parser(command, help=run.__doc__)
        added.add_argument("architecture", nargs="+", choices=tuple(source.TARGETS))
        added.set_defaults(run=run)
    added = commands.add_parser("deploy", help=_deploy.__doc__)
    added.add_argument("release", help="an archive, or the folder in it")
    added.add_argument("--environment", default="default", help="environment of samconfig.toml")
    added.set_defaults(run=_deploy)
    return parser.parse_args(list(arguments) if arguments is not None else None)


def _say(text: str) -> None:
    print(f"[release] {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
