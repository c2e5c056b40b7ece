"""Creates the routes of the HTTP API, a step that the emulator lacks. SAM writes the routes into an OpenAPI body, which
the emulator stores but does not import. This module reads the body from the processed template and creates the same
routes one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml

Clients = Callable[[str], Any]

_API = "AWS::ApiGatewayV2::Api"
_ANY = "x-amazon-apigateway-any-method"
_METHODS = {"get", "put", "post", "delete", "patch", "head", "options", _ANY}


def create(stack: str, api_id: str, functions: dict[str, str], clients: Clients) -> int:
    """Create the template's routes in the API. Returns their number. `functions` maps logical ids to names."""
    wanted = _wanted(stack, clients)
    gateway = clients("apigatewayv2")
    for route in gateway.get_routes(ApiId=api_id)["Items"]:
        gateway.delete_route(ApiId=api_id, RouteId=route["RouteId"])
    for integration in gateway.get_integrations(ApiId=api_id)["Items"]:
        gateway.delete_integration(ApiId=api_id, IntegrationId=integration["IntegrationId"])
    integrations: dict[str, str] = {}
    for key, logical_id in wanted.items():
        if logical_id not in integrations:
            integrations[logical_id] = gateway.create_integration(
                ApiId=api_id,
                IntegrationType="AWS_PROXY",
                IntegrationUri=functions[logical_id],
                PayloadFormatVersion="2.0",
            )["IntegrationId"]
        gateway.create_route(ApiId=api_id, RouteKey=key, Target=f"integrations/{integrations[logical_id]}")
    return len(wanted)


def _wanted(stack: str, clients: Clients) -> dict[str, str]:
    """Return route keys with the logical ids of their functions, from the body of the stack's HTTP API."""
    template = clients("cloudformation").get_template(StackName=stack, TemplateStage="Processed")["TemplateBody"]
    if isinstance(template, str):
        template = yaml.safe_load(template)
    bodies = (it["Properties"].get("Body") for it in template["Resources"].values() if it["Type"] == _API)
    return {
        _key(path, method): _function(operation["x-amazon-apigateway-integration"]["uri"])
        for body in bodies
        if body
        for path, methods in body["paths"].items()
        for method, operation in methods.items()
        if method in _METHODS
    }


def _key(path: str, method: str) -> str:
    if path == "$default":
        return "$default"
    return f"{'ANY' if method == _ANY else method.upper()} {path}"


def _function(uri: Any) -> str:
    """Return the logical id in an integration address such as `.../functions/${ManageApp.Arn}/invocations`."""
    text = uri["Fn::Sub"] if isinstance(uri, dict) else str(uri)
    return text.partition("functions/${")[2].partition(".")[0]
