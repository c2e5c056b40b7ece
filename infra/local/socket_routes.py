"""Adds what the emulator lacks of the answers of a WebSocket API's routes. MOCK integrations are evaluated as in API
Gateway. A client gets an answer only where the route has a response. A failed function has API Gateway's text.

Sources:
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-responses.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-response.html
"""

from __future__ import annotations

import json
import re
from typing import Any

import inside

_DEFAULT = "$default"
# The emulator's statuses for a function that failed, and for one in Python.
_FAILED = (502, 500)


def install() -> None:
    """Wrap the emulator's integrations with the corrections."""
    inside.WEBSOCKET_ROUTE.wrap(_answering)


def _answering(invoke: Any) -> Any:
    """Return the emulator's call of an integration with the answers of API Gateway."""

    async def answering(api_id: str, account: str, region: str, route: Any, *rest: Any, **named: Any) -> Any:
        _stage, connection, kind, request, *_ = rest
        integration_id = route["target"].rpartition("/")[2]
        integration = inside.integration(api_id, integration_id)
        if integration.get("integrationType") == "MOCK":
            answer = mock(integration, inside.integration_responses(api_id, integration_id))
        else:
            answer = await invoke(api_id, account, region, route, *rest, **named)
        if kind != "MESSAGE":
            return answer
        if answer and answer.get("statusCode") in _FAILED:
            text = {"message": "Internal server error", "connectionId": connection, "requestId": request}
            return answer | {"body": json.dumps(text)}
        return answer if _responds(api_id, route) else None

    return answering


def _responds(api_id: str, route: Any) -> bool:
    """Return whether the answer of an integration goes to the client."""
    responses = inside.route_responses(api_id, route["routeId"])
    return bool(route.get("routeResponseSelectionExpression")) and any(it["routeResponseKey"] == _DEFAULT for it in responses)


def mock(integration: Any, responses: Any) -> Any:
    """Return the answer of a MOCK integration. Its request template names a status, and the response for that status
    has the text.
    """
    asked = _template(integration, "requestTemplates")
    try:
        status = json.loads(asked or "")["statusCode"]
    except (TypeError, ValueError, KeyError):
        return {"statusCode": _FAILED[0]}
    for response in sorted(responses, key=lambda it: it["integrationResponseKey"] == _DEFAULT):
        key = response["integrationResponseKey"]
        if key == _DEFAULT or re.fullmatch(key.strip("/"), str(status)):
            text = _template(response, "responseTemplates")
            return {"statusCode": _FAILED[0]} if text is None else {"statusCode": 200, "body": text}
    return {"statusCode": 200, "body": ""}


def _template(of: Any, kind: str) -> str | None:
    """Return the chosen template. None if there is none, or if it is more than plain text, which is not evaluated here.
    """
    chosen = (of.get("templateSelectionExpression") or _DEFAULT).removeprefix("\\")
    text = (of.get(kind) or {}).get(chosen)
    return None if text is None or re.search(r"[$#]", text) else text
