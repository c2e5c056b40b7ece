"""Names in the form that Curlew accepts: docs/api.md, "Identifiers"."""

from __future__ import annotations

import re

_USER = re.compile(r"[a-z0-9_.-]{1,64}")
_GROUP = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def user(text: object) -> str | None:
    """Return the user id in lower case, as both sides compare it. `None` if Curlew refuses it."""
    folded = text.lower() if isinstance(text, str) else ""
    # `.` and `..` would be steps in a path.
    return folded if _USER.fullmatch(folded) and folded not in (".", "..") else None


def group(text: object) -> str | None:
    """Return the group id, or `None` if Curlew refuses it."""
    return text if isinstance(text, str) and _GROUP.fullmatch(text) and text not in (".", "..") else None
