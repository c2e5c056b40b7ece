"""Moves an app from Easemob to Curlew: see docs/migrating.md. Reads and compares only, unless --apply is given.

Variables, from the environment or from the file of --config: EASEMOB_URL, EASEMOB_APP (<org>#<app>), EASEMOB_CLIENT_ID, EASEMOB_CLIENT_SECRET,
CURLEW_URL, CURLEW_APP (if it is another key), CURLEW_CLIENT_ID, CURLEW_CLIENT_SECRET.
"""

from __future__ import annotations

import argparse
import os
import re
import sqlite3
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from . import rates, report, settings
from .api import Api
from .clock import Clock
from .context import PARTS, Context
from .curlew import Curlew
from .easemob import Easemob
from .errors import Stopped
from .pace import Pace
from .run import Run
from .state import State
from .transport import Http

FOLDER = Path(__file__).resolve().parents[2] / ".local" / "import"
# Exit status of a run that stopped before the end.
UNFINISHED = 3


def main(arguments: Iterable[str] | None = None, clock: Clock | None = None) -> int:
    """Entry point."""
    chosen = _arguments(arguments)
    try:
        return _run(chosen, clock or Clock())
    except (Stopped, OSError, sqlite3.Error) as why:
        print(f"[import] {why}", file=sys.stderr)
        return 1


def _arguments(arguments: Iterable[str] | None) -> argparse.Namespace:
    about, _, variables = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(prog="make import-easemob", description=about, epilog=variables)
    parser.add_argument("--apply", action="store_true", help="write to Curlew")
    parser.add_argument("--config", type=Path, help="file with variables, readable by its owner only")
    parser.add_argument("--skip", action="append", choices=PARTS, default=[], help="leave this out; may be repeated")
    parser.add_argument("--conversations", choices=("none", "groups", "all"), default="groups",
                        help="ask for the settings of members for each of their groups, and of users for each friend (groups)")  # fmt: skip
    parser.add_argument("--template", action="append", default=[], help="a template that senders use; may be repeated")
    parser.add_argument("--no-phone-yet", action="store_true", help="Curlew has users, but no phone has bound its token there")
    parser.add_argument("--share", type=int, default=50, help="percent of Easemob's rates; its clients need the rest (50)")
    parser.add_argument("--workers", type=int, default=16, help="users or groups at once (16)")
    parser.add_argument("--pages", type=int, help="stop after so many pages of users, or of groups")
    parser.add_argument("--state", type=Path, help="where to keep how far it got, and the reports beside it")
    chosen = parser.parse_args(list(arguments) if arguments is not None else None)
    if not 1 <= chosen.share <= 100:
        parser.error("--share must be 1 to 100")
    if not 1 <= chosen.workers <= 64:
        parser.error("--workers must be 1 to 64")
    return chosen


def _run(chosen: argparse.Namespace, clock: Clock) -> int:
    variables = settings.read(os.environ, chosen.config)
    source, source_url = settings.app(variables, "Easemob")
    target, target_url = settings.app(variables, "Curlew", source.key)
    source_http, target_http = Http(source_url, "Easemob"), Http(target_url, "Curlew")
    path = chosen.state or FOLDER / f"{_name(source.key)}-to-{_name(target.key)}.sqlite"
    origin, goal = f"{source.key} at {source_url}", f"{target.key} at {target_url}"
    share = chosen.share / 100
    from_api = Api(source, source_http, Pace(rates.EASEMOB, share, clock), clock)
    to_api = Api(target, target_http, Pace(rates.CURLEW, 1, clock), clock)
    with closing(source_http), closing(target_http), closing(State(path, origin, goal, "apply" if chosen.apply else "dry")) as state:
        print(f"[import] {_beginning(chosen.apply, state.resumed)}", flush=True)
        pool = ThreadPoolExecutor(chosen.workers)
        context = Context(
            Easemob(from_api, clock), Curlew(to_api), state, clock, pool,
            apply=chosen.apply, skipped=frozenset(chosen.skip), conversations=chosen.conversations,
            no_phone_yet=chosen.no_phone_yet,
        )  # fmt: skip
        finished = False
        try:
            finished = Run(context, chosen.template, lambda text: print(f"[import] {text}", flush=True)).go(chosen.pages)
        except KeyboardInterrupt:
            print("[import] interrupted; run it again to continue", file=sys.stderr)
        finally:
            clock.stop()
            pool.shutdown(cancel_futures=True)
            told = report.collect(state, origin, goal, finished)
            text = report.write(told, path.with_name(f"{path.stem}-{'apply' if chosen.apply else 'dry'}.txt"))
            problems = sum(it["count"] for it in told["problems"])
            print(f"[import] {report.summary(told['counts'])}; problems: {problems}", flush=True)
            print(f"[import] {'done' if finished else 'not done'}; the report is {text}", flush=True)
        return 0 if finished else UNFINISHED


def _beginning(apply: bool, resumed: bool) -> str:
    what = "writing to Curlew" if apply else "dry run: nothing is written to Curlew"
    return f"{what}{', continued where it stopped' if resumed else ''}"


def _name(key: str) -> str:
    return re.sub(r"[^a-z0-9_-]", "-", key.lower())


if __name__ == "__main__":
    sys.exit(main())
