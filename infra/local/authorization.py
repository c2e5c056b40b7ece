"""What the emulator lacks of authorization: the actions of SQS's batch calls, and two keys of conditions."""

from __future__ import annotations

import json
from typing import Any

import attributes
import inside

# AWS authorizes the batch calls of SQS as the single ones; there are no actions of these names.
_BATCH_ACTIONS = {
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}


def install() -> None:
    """Put the corrections around the emulator's authorization."""
    inside.IAM_ACTION.wrap(_action)
    inside.IAM_CONTEXT.wrap(_context)


def _action(plain: Any) -> Any:
    def action(*request: Any) -> str | None:
        named = plain(*request)
        return _BATCH_ACTIONS.get(named or "", named)

    return action


def _context(plain: Any) -> Any:
    """What a KMS call is for may be a condition of a key policy, and the attributes that a write names one of a function's policy."""

    def context(service: str, action: str, body: bytes, params: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = plain(service, action, body, params)
        if action == "dynamodb:UpdateItem":
            return found | {"dynamodb:Attributes": attributes.named(json.loads(body or b"{}"))}
        if service != "kms":
            return found
        named = json.loads(body or b"{}").get("EncryptionContext") or {}
        return found | {f"kms:EncryptionContext:{name}": value for name, value in named.items()}

    return context
