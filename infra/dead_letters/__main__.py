"""Entry points of `make dead-letters` and `make redrive`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, TextIO

from deployed import CommandError, Deployed, add_arguments, is_of_aws
from import_easemob.clock import Clock

from . import listing, queues
from .queues import Queue
from .record import DeadLetter
from .redrive import Redrive

# Exit status of a run that was interrupted.
UNFINISHED = 3
# Records that are moved in a second unless the caller says otherwise. Every function takes more, beside its usual work.
_RATE = 20.0
# Records of a queue that are read, and that are shown, unless the caller says otherwise.
_READ, _SHOWN = 1000, 20


def main(arguments: Iterable[str] | None = None) -> int:
    """Entry point."""
    chosen = parsed(arguments)
    try:
        stack = Deployed.of(chosen)
        found = queues.chosen(queues.pairs(stack.queues()), chosen.queue)
        sqs = stack.client("sqs")
        return list_all(sqs, found, chosen) if chosen.command == "list" else redrive(sqs, found[0], chosen)
    except Exception as why:
        if not isinstance(why, CommandError) and not is_of_aws(why):
            raise
        _say(f"error: {why}", sys.stderr)
        return 1
    except KeyboardInterrupt:
        _say("interrupted. No record is lost: run it again. It may move up to ten records twice, which does no harm", sys.stderr)
        return UNFINISHED


def list_all(sqs: Any, found: list[Queue], chosen: argparse.Namespace) -> int:
    """Say what the dead-letter queues hold."""
    for queue in found:
        told, reader = listing.read(sqs, queue, chosen.limit, chosen.show)
        held = f"; {reader.held} more are held by another reader, for up to two minutes" if reader.held else ""
        _say(f"{queue.name}: {told.read} records{held}")
        for line in told.lines(chosen.bodies):
            print(line, flush=True)
    return 0


def redrive(sqs: Any, queue: Queue, chosen: argparse.Namespace) -> int:
    """Move records back to their queue, or say which would be moved."""

    def wanted(record: DeadLetter) -> bool:
        return chosen.reason in record.reason

    if not chosen.apply:
        return _dry_run(sqs, queue, wanted)
    _say(f"{queue.name}: moves records back, at most {chosen.rate:g} a second")
    run = Redrive(sqs, queue, chosen.rate, Clock(), lambda text: _say(f"{queue.name}: {text}"))
    try:
        run.run(wanted, chosen.limit)
    finally:
        _say(f"{queue.name}: {run.moved}")
    if run.moved.moved:
        _say(f"what fails again is back within 20 minutes: make dead-letters QUEUE={queue.name}")
    return 1 if run.moved.refused or run.moved.twice else 0


def _dry_run(sqs: Any, queue: Queue, wanted: Callable[[DeadLetter], bool]) -> int:
    told, _ = listing.read(sqs, queue, _READ, 0, wanted)
    more = "" if told.complete else " or more"
    _say(f"{queue.name}: {told.read}{more} records would go back; APPLY=1 moves them. Remove the cause first:")
    for line in told.counted():
        print(line, flush=True)
    for kind in sorted(told.kinds, key=lambda kind: kind.name):
        _say(f"{kind.name}, if it comes twice: {kind.repeated}")
    return 0


def parsed(arguments: Iterable[str] | None) -> argparse.Namespace:
    """Read the arguments of a command."""
    parser = argparse.ArgumentParser(prog="make", description=(__doc__ or "").split("\n", 1)[0])
    commands = parser.add_subparsers(dest="command", required=True)
    lists = commands.add_parser("list", prog="make dead-letters", help="lists dead letters, without removing or hiding any")
    lists.add_argument("--queue", help="such as dispatch or push-fcm; all queues if it is missing")
    lists.add_argument("--bodies", action="store_true", help="show the records' text, which has users, texts and tokens")
    lists.add_argument("--limit", type=_number, default=_READ, help=f"records of a queue that are read ({_READ})")
    lists.add_argument("--show", type=_number, default=_SHOWN, help=f"records of a queue that are shown ({_SHOWN})")
    moves = commands.add_parser("redrive", prog="make redrive", help="moves dead letters back to their queue")
    moves.add_argument("--queue", required=True, help="such as dispatch or push-fcm")
    moves.add_argument("--apply", action="store_true", help="move them; without it the run only says what it would move")
    moves.add_argument("--rate", type=float, default=_RATE, help=f"records that are moved in a second ({_RATE:g})")
    moves.add_argument("--reason", default="", help="move only records whose reason contains this text")
    moves.add_argument("--limit", type=_number, help="move at most so many")
    for command in (lists, moves):
        add_arguments(command)
    chosen = parser.parse_args(list(arguments) if arguments is not None else None)
    if chosen.command == "redrive" and not chosen.queue:
        moves.error("QUEUE is missing: make redrive QUEUE=<dispatch, push-fcm, ..>")
    if chosen.command == "redrive" and not 0.01 <= chosen.rate <= 1000:
        moves.error("RATE must be 0.01 to 1000")
    return chosen


def _number(text: str) -> int:
    with suppress(ValueError):
        if int(text) > 0:
            return int(text)
    raise argparse.ArgumentTypeError("must be a number above 0")


def _say(text: str, to: TextIO | None = None) -> None:
    print(f"[dead-letters] {text}", file=to, flush=True)


if __name__ == "__main__":
    sys.exit(main())
