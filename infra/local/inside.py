"""The only file that uses private parts of the emulator `ministack` and its server `hypercorn`. It lists the functions
that the corrections replace, the private parts that they read, and the reasons.

Neither has an interface for this. The file fits only the versions in `FITS`, and the emulator does not start with
others.
To raise a version: raise it here and in `requirements.txt`, compare each part below with the new source, and run `make e2e`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from typing import Any

FITS = {"ministack": "1.5.33", "hypercorn": "0.18.0", "wsproto": "1.3.2"}


class OtherVersion(RuntimeError):
    """A package has a version that nobody has compared with this file."""


def require_versions() -> None:
    """Refuse packages of other versions."""
    for package, version in FITS.items():
        installed = metadata.version(package)
        if installed != version:
            raise OtherVersion(
                f"{package} {installed} is installed, and infra/local/inside.py fits {version}: "
                "install what infra/local/requirements.txt names, or read in inside.py how to raise the version"
            )


# This comes first: another version may not have the modules below.
require_versions()

from hypercorn.protocol import ws_stream  # noqa: E402
from hypercorn.protocol.events import StreamClosed  # noqa: E402
from ministack import app as gateway  # noqa: E402
from ministack.core import iam_actions, iam_evaluator, lambda_runtime  # noqa: E402
from ministack.services import apigateway, dynamodb, kms, lambda_svc, secretsmanager, sqs  # noqa: E402
from ministack.services.cloudformation import provisioners  # noqa: E402
from wsproto.frame_protocol import FrameDecoder  # noqa: E402


@dataclass(frozen=True)
class Part:
    """A function of the emulator or its server that a correction replaces."""

    of: Any
    name: str
    why: str

    def wrap(self, wrapper: Callable[[Any], Any]) -> None:
        """Replace the present function with the result of `wrapper`."""
        setattr(self.of, self.name, wrapper(getattr(self.of, self.name)))


# ---- replaced: authorization ----

IAM_ACTION = Part(iam_actions, "extract_iam_action", "Batch calls of SQS are authorized under actions that AWS does not have.")
IAM_CONTEXT = Part(
    iam_actions, "request_tag_context", "Conditions of policies know neither KMS's context nor the attributes of a write."
)

# ---- replaced: CloudFormation ----

ALARM = Part(provisioners, "_cw_metric_alarm_record", "Alarms on metric math are refused.")

# ---- replaced: event sources and functions ----

RECEIVE = Part(sqs, "_receive_messages_for_esm", "It takes at most ten messages, whatever `BatchSize`. The meter counts them.")
DELETE = Part(sqs, "_delete_messages_for_esm", "The meter counts what event sources delete.")
INVOKE = Part(lambda_svc, "_execute_function_dispatch", "The meter counts invocations. `invocations` notes them.")
START = Part(lambda_runtime.ProvidedWorker, "_spawn", "`invocations` leaves out those whose process has not started.")
ANSWERED = Part(lambda_runtime.ProvidedWorker, "_drain_stderr_bounded", "`invocations` leaves out those whose process has answered.")

# ---- replaced: calls of functions, which the meter counts; what goes to queues is noted ----

DYNAMODB = Part(dynamodb, "handle_request", "The meter counts calls and their units.")
SQS = Part(sqs, "handle_request", "The meter counts calls and records. `sent` notes the records.")
KMS = Part(kms, "handle_request", "The meter counts calls.")
SECRETS = Part(secretsmanager, "handle_request", "The meter counts calls.")
HTTP = Part(apigateway, "handle_execute", "The meter counts requests of the HTTP API.")

# ---- replaced: WebSocket APIs; docs/local-stack.md has the list of corrections ----

WEBSOCKET = Part(apigateway, "handle_websocket", "Nothing limits the idle time and age of a connection, or refuses binary frames.")
WEBSOCKET_ROUTE = Part(
    apigateway, "_invoke_ws_lambda", "MOCK integrations, refusals and failures are answered unlike AWS. The meter counts frames."
)
WEBSOCKET_CONTEXT = Part(apigateway, "_ws_request_context", "Events lack `messageDirection`; `connectedAt` is the event's time.")
NEW_ID = Part(apigateway, "new_uuid", "Ids of connections do not end in `=`, which paths must escape.")
CONNECTION_CALLS = Part(
    apigateway, "handle_connections_api", "Long posts and posts to closing connections are accepted. The meter counts posts."
)
INTEGRATION_PROPERTIES = Part(
    provisioners, "_apigw_v2_integration_props", "CloudFormation drops the expression that chooses a template."
)
FRAME_LENGTH = Part(FrameDecoder, "parse_extended_payload_length", "Frames have no limit of their own.")
FRAME_EVENTS = Part(ws_stream.WSStream, "_handle_events", "The code of a client's close is not passed on.")

# ---- replaced: the server's application, an ASGI function, which is a documented interface ----

APPLICATION = Part(gateway, "app", "It answers the addresses of `pages` as well.")


# ---- read ----

main = gateway.main
request_caller_arn = iam_evaluator.request_caller_arn
# CloudFormation's resource types, each with the functions that create, update and delete a resource.
resource_handlers: dict[str, Any] = provisioners._RESOURCE_HANDLERS
refuse_handshake = apigateway._refuse_ws_handshake
item_size = dynamodb._item_size_bytes
capacity_kb = dynamodb._capacity_kb


def api_call(verb: str, kind: str) -> Any:
    """Return the function that creates, updates or deletes a part of an API, such as a `route_response`."""
    return getattr(apigateway, f"_{verb}_{kind}")


def connection(identifier: str) -> Any:
    """Return an open connection, or None."""
    return apigateway._ws_connections.get(identifier)


def integration(api: str, identifier: str) -> Any:
    """Return an integration of an API, or an empty one."""
    return apigateway._integrations.get(api, {}).get(identifier, {})


def integration_responses(api: str, identifier: str) -> Any:
    """Return the responses of an integration."""
    return apigateway._integration_responses.get(api, {}).get(identifier, {}).values()


def route_responses(api: str, route: str) -> Any:
    """Return the responses of a route."""
    return apigateway._route_responses.get(api, {}).get(route, {}).values()


def stored_item(table: str, key: Any) -> Any:
    """Return the row with the key of this item or key, or None."""
    rows = dynamodb._tables[table]
    pk, sk, _ = dynamodb._resolve_table_key_values(rows, key, allow_extra=True)
    return rows["items"].get(pk, {}).get(sk)


def frame_decoder(stream: Any) -> Any:
    """Return the decoder of the frames of a server's WebSocket stream."""
    return stream.connection._proto._frame_decoder


async def tell_client(stream: Any, event: Any) -> None:
    """Send a frame to the client of a stream."""
    await stream._send_wsproto_event(event)


async def end_stream(stream: Any) -> None:
    """Tell the server that a stream has ended."""
    await stream.send(StreamClosed(stream_id=stream.stream_id))
