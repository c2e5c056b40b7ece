"""Writes the model's parts into `docs/scaling.md`, between the marks that all written tables have."""

from __future__ import annotations

from . import tables
from .answer import answer
from .inputs import ROOT
from .own import own

DOCUMENT = ROOT / "docs/scaling.md"
BLOCKS = {
    "answer": answer,
    "limits of messages": tables.messages,
    "own limits": own,
    "memory": tables.memory,
    "costs of messages": tables.costs,
    "limits of connections": tables.connections,
    "limits of a gateway": tables.gateway,
    "costs of connections": tables.connection_costs,
}


def written(text: str) -> str:
    """Return the document with the model's parts."""
    for name, block in BLOCKS.items():
        begin, end = f"<!-- {name}: written by `make docs` -->\n", f"<!-- {name}: end -->"
        before, found, rest = text.partition(begin)
        after = rest.partition(end)
        if not found or not after[1]:
            raise LookupError(f"{DOCUMENT.name} lacks the marks {begin!r} and {end!r}")
        text = f"{before}{begin}\n{block()}\n{end}{after[2]}"
    return text
