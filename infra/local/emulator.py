"""Runs the emulator with corrections, each where it is further from AWS than our tests can bear, a meter, and a look at what is
sent. Those of WebSocket APIs are in modules of their own."""

import json
import socketserver
from typing import Any

from ministack.app import main
from ministack.core import iam_actions
from ministack.services import sqs

import attributes
import connections
import meter
import sent
import socket_frames
import socket_resources
import socket_routes
import sockets

# Answers to a function process are written in two pieces, and the second would wait up to 40 ms for the first to be
# acknowledged (Nagle's algorithm meeting delayed acknowledgement), in every single invocation.
socketserver.StreamRequestHandler.disable_nagle_algorithm = True

# AWS authorizes the batch calls of SQS as the single ones; there are no actions of these names.
_BATCH_ACTIONS = {
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}
_plain_action = iam_actions.extract_iam_action


def _action(*request: Any) -> str | None:
    action = _plain_action(*request)
    return _BATCH_ACTIONS.get(action or "", action)


iam_actions.extract_iam_action = _action

# What a KMS call is for may be a condition of a key policy, and of ours it is.
_plain_context = iam_actions.request_tag_context


def _context(service: str, action: str, body: bytes, params: dict[str, Any]) -> dict[str, Any]:
    context = _plain_context(service, action, body, params)
    # So may be the attributes that a write names, in the policy of a function.
    if action == "dynamodb:UpdateItem":
        return context | {"dynamodb:Attributes": attributes.named(json.loads(body or b"{}"))}
    if service != "kms":
        return context
    named = json.loads(body or b"{}").get("EncryptionContext") or {}
    return context | {f"kms:EncryptionContext:{name}": value for name, value in named.items()}


iam_actions.request_tag_context = _context

# An event source's BatchSize may exceed the ten messages that one ReceiveMessage call can bring.
_receive_at_most_ten = sqs._receive_messages_for_esm


def _receive(queue_url: str, wanted: int) -> list[Any]:
    taken: list[Any] = []
    while len(taken) < wanted:
        more = _receive_at_most_ten(queue_url, wanted - len(taken))
        if not more:
            break
        taken += more
    return taken


sqs._receive_messages_for_esm = _receive

# The meter counts what is left when all corrections are made.
for part in (socket_resources, socket_frames, socket_routes, sockets, connections, meter, sent):
    part.install()

if __name__ == "__main__":
    main()
