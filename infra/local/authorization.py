"""Adds what the emulator lacks of authorization: the actions of SQS's batch calls, and two condition keys."""

from __future__ import annotations

import json
from typing import Any

import attributes
import inside

# AWS authorizes the batch calls of SQS under the actions of the single calls.
_BATCH_ACTIONS = {
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}


def install() -> None:
    """Wrap the emulator's authorization with the corrections."""
    inside.IAM_ACTION.wrap(_action)
    inside.IAM_CONTEXT.wrap(_context)


def _action(plain: Any) -> Any:
    def action(*request: Any) -> str | None:
        named = plain(*request)
        return _BATCH_ACTIONS.get(named or "", named)

    return action


def _context(plain: Any) -> Any:
    """Add the encryption context of a KMS call, which key policies may test, and the attributes of a write, which a
    function's policy may test.
    """

    def context(service: str, action: str, body: bytes, params: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = plain(service, action, body, params)
        if action == "dynamodb:UpdateItem":
            return found | {"dynamodb:Attributes": attributes.named(json.loads(body or b"{}"))}
        if service != "kms":
            return found
        named = json.loads(body or b"{}").get("EncryptionContext") or {}
        return found | {f"kms:EncryptionContext:{name}": value for name, value in named.items()}

    return context
