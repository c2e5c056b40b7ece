"""Moves templates. Easemob does not list them, so only those are moved whose names the operator or a user gives."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

from .api import Json
from .context import Context, costs
from .errors import Refused
from .merge import Field
from .state import WHOLE_RUN, Item

BUILT_IN = ("default", "detail")


class Templates:
    """Moves each template once in a run."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._moved: set[str] = set()
        self._lock = Lock()

    def named(self, names: Iterable[str]) -> None:
        """Move the templates with these names, those that a run moved before, and the two that are used without a name.
        """
        for name in (*BUILT_IN, *names, *self._context.state.known_owners("template")):
            self.move(name)

    def move(self, name: str) -> None:
        """Move a template, unless this run has moved it."""
        with self._lock:
            if name in self._moved:
                return
            self._moved.add(name)
            item, told = Item(), f"template {name}"
            with costs(item, "templates", name):
                self._move(name, item)
            if not self._context.state.is_done(WHOLE_RUN, told):
                self._context.state.finish(WHOLE_RUN, told, item)

    def _move(self, name: str, item: Item) -> None:
        source = self._context.source.template(name)
        if source is None:
            if name not in BUILT_IN:
                item.problem("templates: cannot be read", "Easemob has none of this name", name)
            return
        current = self._context.target.template(name)
        item.count("templates", "read")

        def write(chosen: list[Field]) -> None:
            patterns = dict(zip(_PATTERNS, chosen[0].source, strict=True))
            if current is None:
                try:
                    self._context.target.create_template({"name": name, **patterns})
                    return
                except Refused as refused:
                    # This is the second try after a lost answer.
                    if refused.status != 409:
                        raise
            self._context.target.change_template(name, patterns)

        field = Field("patterns", _patterns(source), _patterns(current))
        self._context.merge(item).fields("template", name, "templates", [field], write)


_PATTERNS = ("title_pattern", "content_pattern")


def _patterns(template: Json | None) -> list[str] | None:
    return None if template is None else [str(template.get(name) or "") for name in _PATTERNS]
