"""The report of a run, as JSON and as text."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from .state import State

# Settings that no public call of Easemob shows.
NOT_SHOWN = (
    "credentials of certificates: create each notifier by hand, under the name of the certificate",
    "names of templates: name those that only senders use, with --template",
    "conversations of a user: settings are asked for groups, and with --conversations all for friends; those with strangers stay behind",
    "settings of a group that say whether invitations are confirmed",
    "the time zone of users: Curlew takes the app's",
    "when members joined: at Curlew they have joined when they were imported",
    "messages that wait for a user: they are delivered by Easemob",
)


def collect(state: State, source: str, target: str, complete: bool) -> dict[str, Any]:
    """Return the report of this run so far."""
    gone = {kind: dict(zip(("count", "names"), state.gone(kind), strict=True)) for kind in ("user", "group")} if complete else {}
    return {
        "from": source,
        "to": target,
        "mode": "apply" if state.mode == "apply" else "dry run",
        "complete": complete,
        "counts": state.counts(),
        "certificates": state.certificates(),
        "problems": state.problems(),
        "gone_at_easemob": gone,
        "not_shown_by_easemob": list(NOT_SHOWN),
    }


def write(report: dict[str, Any], path: Path) -> Path:
    """Write both forms, readable only by their owner. Returns the path of the text."""
    _private(path.with_suffix(".json"), json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    text = path.with_suffix(".txt")
    _private(text, _text(report))
    return text


def summary(counts: dict[str, dict[str, int]]) -> str:
    """Return the counts on one line."""
    outcomes = [f"{what}: {', '.join(f'{number} {outcome}' for outcome, number in of.items())}" for what, of in counts.items()]
    return "; ".join(outcomes) or "nothing yet"


def _private(path: Path, text: str) -> None:
    draft = path.with_name(path.name + ".new")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as opened:
        opened.write(text)
    draft.replace(path)


def _text(report: dict[str, Any]) -> str:
    end = "complete" if report["complete"] else "not complete: run it again, it goes on where it stopped"
    lines = [f"{report['from']} to {report['to']}, {report['mode']}, {end}", "", "Counts"]
    lines += [f"  {what}: {outcome}: {number}" for what, of in report["counts"].items() for outcome, number in of.items()]
    lines += ["", "Certificates of bindings"]
    lines += [
        f"  {it['name']}: {it['bindings']} bindings{'' if it['at_curlew'] else ': Curlew has no notifier of this name'}"
        for it in report["certificates"]
    ] or ["  none"]
    lines += ["", "Not read or not written"]
    for it in report["problems"]:
        lines.append(f"  {it['what']}: {it['count']}: {it['reason']}" + (f" ({it['example']})" if it["example"] else ""))
        lines += [f"    {name}" for name in it["names"]]
    if not report["problems"]:
        lines.append("  nothing")
    for kind, of in report["gone_at_easemob"].items():
        if of["count"]:
            lines += ["", f"Gone at Easemob since an earlier run, and left at Curlew: {of['count']} {kind}s"]
            lines += [f"    {name}" for name in of["names"]]
    lines += ["", "What no call of Easemob's shows", *(f"  {it}" for it in report["not_shown_by_easemob"])]
    return "\n".join(lines) + "\n"
