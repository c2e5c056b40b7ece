"""Adds CloudFormation resources of a WebSocket API that the emulator does not know: responses of routes and
integrations, and the expression that chooses an integration's template. Moving a resource to another API, route or
integration is not supported.
"""

from __future__ import annotations

import json
from typing import Any

import inside


def install() -> None:
    """Register the resources."""
    inside.INTEGRATION_PROPERTIES.wrap(_with_template)
    known = inside.resource_handlers
    known["AWS::ApiGatewayV2::RouteResponse"] = _handlers("route_response", "RouteId", "RouteResponseKey")
    known["AWS::ApiGatewayV2::IntegrationResponse"] = _handlers("integration_response", "IntegrationId", "IntegrationResponseKey")


def _with_template(integration: Any) -> Any:
    return lambda props: integration(props) | {"templateSelectionExpression": props.get("TemplateSelectionExpression")}


def _handlers(name: str, parent: str, key: str) -> Any:
    """Return the handlers of a resource that belongs to a route or an integration. They use the service's own calls."""
    create, update, delete = (inside.api_call(verb, name) for verb in ("create", "update", "delete"))

    def place(props: Any) -> tuple[str, str]:
        # The emulator's Ref of a route begins with the API.
        return props["ApiId"], props[parent].rpartition("/")[2]

    def values(props: Any) -> Any:
        return {it[0].lower() + it[1:]: props[it] for it in props if it not in ("ApiId", parent)}

    def created(_logical_id: str, props: Any, _stack: str) -> tuple[str, dict[str, str]]:
        status, _, body = create(*place(props), values(props))
        if status >= 400:
            raise ValueError(f"{name}: {body.decode()}")
        made = json.loads(body)
        identifier = made[key[0].lower() + key.removesuffix("Key")[1:] + "Id"]
        return identifier, {}

    def updated(physical_id: str, _old: Any, props: Any, _stack: str) -> tuple[str, dict[str, str]]:
        status, _, body = update(*place(props), physical_id, values(props))
        if status >= 400:
            raise ValueError(f"{name}: {body.decode()}")
        return physical_id, {}

    def deleted(physical_id: str, props: Any) -> None:
        # The route or integration may be deleted already.
        delete(*place(props), physical_id)

    return {"create": created, "update": updated, "delete": deleted}
