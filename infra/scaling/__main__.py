"""Writes the tables of `docs/scaling.md`: part of `make docs`."""

from __future__ import annotations

from .document import DOCUMENT, written

if __name__ == "__main__":
    DOCUMENT.write_text(written(DOCUMENT.read_text()))
