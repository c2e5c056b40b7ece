"""What the emulator lacks of the answers of a WebSocket API's routes: MOCK integrations as API Gateway evaluates them, answers only
where a route has a response, and the text for a function that failed.

Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-responses.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-response.html
"""

from __future__ import annotations

import json
import re
from typing import Any

import inside

_DEFAULT = "$default"
# What the emulator makes of a function that failed, and of one in Python.
_FAILED = (502, 500)


def install() -> None:
    """Put the corrections around the emulator's integrations."""
    inside.WEBSOCKET_ROUTE.wrap(_answering)


def _answering(invoke: Any) -> Any:
    """The emulator's call of an integration, which answers as API Gateway does."""

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
    """Whether what an integration answers goes to the client."""
    responses = inside.route_responses(api_id, route["routeId"])
    return bool(route.get("routeResponseSelectionExpression")) and any(it["routeResponseKey"] == _DEFAULT for it in responses)


def mock(integration: Any, responses: Any) -> Any:
    """The answer of a MOCK integration: its request template names a status, and the response for that status has the text."""
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
    """The chosen template; None if there is none, or one that is more than a text, which nothing here evaluates."""
    chosen = (of.get("templateSelectionExpression") or _DEFAULT).removeprefix("\\")
    text = (of.get(kind) or {}).get(chosen)
    return None if text is None or re.search(r"[$#]", text) else text
