"""Lists the attributes that a DynamoDB request names, as the condition key `dynamodb:Attributes` does. The emulator
lacks it.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
"""

from __future__ import annotations

import re
from typing import Any

_EXPRESSIONS = ("UpdateExpression", "ConditionExpression", "ProjectionExpression", "FilterExpression", "KeyConditionExpression")
_WORDS = {"SET", "REMOVE", "ADD", "DELETE", "AND", "OR", "NOT", "BETWEEN", "IN"}
# The name of an attribute or its placeholder, not of a function or a value.
_NAME = re.compile(r"(?<![\w:#])(#?[A-Za-z_]\w*)\b(?!\s*\()")


def named(request: dict[str, Any]) -> list[str]:
    """Return the attributes of the key, of an item, and of all expressions."""
    found = set(request.get("Key") or {}) | set(request.get("Item") or {})
    placeholders = request.get("ExpressionAttributeNames") or {}
    for expression in _EXPRESSIONS:
        for name in _NAME.findall(request.get(expression) or ""):
            if name.upper() not in _WORDS:
                found.add(placeholders.get(name, name))
    return sorted(found)
