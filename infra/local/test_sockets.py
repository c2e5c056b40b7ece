"""Tests of the emulator's WebSocket APIs with the corrections, compared with API Gateway. A small API is deployed and
used by a client that implements the protocol itself.

Usage: LOG_LEVEL=ERROR python -m unittest discover --start-directory infra/local
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import tempfile
import unittest
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from unittest import mock

import boto3
from botocore.exceptions import ClientError
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, RejectConnection, TextMessage

import processes
import socket_routes
import sockets
from settings import HOST, REGION, Settings, aws_environment
from socket_client import Client

STAGE = "live"
FUNCTION = """
import json, os, urllib.parse, boto3

def handler(event, _context):
    context = event["requestContext"]
    if context["eventType"] == "CONNECT":
        status = (event["queryStringParameters"] or {}).get("status", "200")
        return {"statusCode": int(status), "body": json.dumps(event)}
    if context["eventType"] == "DISCONNECT":
        boto3.client("sqs").send_message(QueueUrl=os.environ["ENDED"], MessageBody=json.dumps(event))
        return {"statusCode": 200}
    asked = json.loads(event["body"]) if event["body"].startswith("{") else {}
    if "fail" in asked:
        raise RuntimeError("as asked")
    if "call" in asked:
        endpoint = f"{os.environ['AWS_ENDPOINT_URL']}/_aws/execute-api/{context['apiId']}/{context['stage']}"
        client = boto3.client("apigatewaymanagementapi", endpoint_url=endpoint)
        try:
            getattr(client, asked["call"])(ConnectionId=asked["id"], **asked.get("with", {}))
            return {"statusCode": 200, "body": "done"}
        except Exception as failure:
            return {"statusCode": 200, "body": str(failure)}
    return {"statusCode": 200, "body": json.dumps(event)}
"""
TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
API = {"ApiId": {"Ref": "Api"}}


def resource(kind: str, **properties: Any) -> Any:
    return {"Type": f"AWS::{kind}", "Properties": properties}


def route(key: str, integration: str, **properties: Any) -> Any:
    target = {"Fn::Join": ["/", ["integrations", {"Ref": integration}]]}
    return resource("ApiGatewayV2::Route", **API, RouteKey=key, Target=target, **properties)


def template() -> Any:
    """Return an API with a function behind all routes except `ping`. The function may post to connections."""
    answers = {"RouteResponseSelectionExpression": "$default"}
    api = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}"
    may_post = {"Fn::Sub": f"{api}/{STAGE}/POST/@connections/*"}
    allowed = [
        {"Effect": "Allow", "Action": "execute-api:ManageConnections", "Resource": may_post},
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": {"Fn::GetAtt": ["Ended", "Arn"]}},
    ]
    resources = {
        "Ended": resource("SQS::Queue"),
        "Role": resource(
            "IAM::Role", AssumeRolePolicyDocument=TRUST, Policies=[{"PolicyName": "it", "PolicyDocument": {"Statement": allowed}}]
        ),
        "Function": resource(
            "Lambda::Function", Runtime="python3.12", Handler="index.handler", Timeout=30, Code={"ZipFile": FUNCTION},
            Role={"Fn::GetAtt": ["Role", "Arn"]}, Environment={"Variables": {"ENDED": {"Ref": "Ended"}}},
        ),
        "Api": resource(
            "ApiGatewayV2::Api", Name="it", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
        ),
        "Stage": resource("ApiGatewayV2::Stage", **API, StageName=STAGE, AutoDeploy=True),
        "Proxy": resource("ApiGatewayV2::Integration", **API, IntegrationType="AWS_PROXY", IntegrationUri={
            "Fn::Sub": "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Function.Arn}/invocations"
        }),
        "Mock": resource(
            "ApiGatewayV2::Integration", **API, IntegrationType="MOCK", TemplateSelectionExpression="200",
            RequestTemplates={"200": '{"statusCode":200}'},
        ),
        "MockResponse": resource(
            "ApiGatewayV2::IntegrationResponse", **API, IntegrationId={"Ref": "Mock"}, IntegrationResponseKey="/200/",
            TemplateSelectionExpression="200", ResponseTemplates={"200": '{"kind":"pong"}'},
        ),
        "Connect": route("$connect", "Proxy"),
        "Disconnect": route("$disconnect", "Proxy"),
        "Default": route("$default", "Proxy", **answers),
        "Ping": route("ping", "Mock", **answers),
        "Silent": route("silent", "Proxy"),
    }  # fmt: skip
    for name in ("Default", "Ping"):
        resources[f"{name}Response"] = resource(
            "ApiGatewayV2::RouteResponse", **API, RouteId={"Ref": name}, RouteResponseKey="$default"
        )
    return {"Resources": resources}


class Deployed(unittest.TestCase):
    """The emulator as the stack runs it, with the small API."""

    port: int
    # Logical to physical ids of the API's resources, and the path of its stage.
    ids: dict[str, str]
    path: str
    aws: Any
    management: Any

    @classmethod
    def setUpClass(cls) -> None:
        with socket.socket() as free:
            free.bind((HOST, 0))
            cls.port = free.getsockname()[1]
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        settings = Settings(cls.port, 0, 0, None, "", Path(), Path())
        environment = aws_environment(settings) | {
            "GATEWAY_PORT": str(cls.port), "BIND_HOST": HOST, "AUTH": "true", "SFTP_ENABLED": "0", "IOT_MTLS_ENABLED": "0",
            "TMPDIR": directory.name, "LOG_LEVEL": os.environ.get("LOG_LEVEL", "ERROR"),
        }  # fmt: skip
        log, url = Path(directory.name) / "log", settings.aws_url
        process = processes.start([sys.executable, str(Path(__file__).with_name("emulator.py"))], environment, log)
        cls.addClassCleanup(processes.stop, process)
        processes.wait_until(lambda: processes.port_open(cls.port), process, "the emulator", log, 60)
        session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)
        cls.aws = staticmethod(lambda service, at=url: session.client(service, endpoint_url=at))
        formation = cls.aws("cloudformation")
        formation.create_stack(StackName="it", TemplateBody=json.dumps(template()), Capabilities=["CAPABILITY_IAM"])
        formation.get_waiter("stack_create_complete").wait(StackName="it", WaiterConfig={"Delay": 1})
        ids = formation.describe_stack_resources(StackName="it")["StackResources"]
        cls.ids = {it["LogicalResourceId"]: it["PhysicalResourceId"] for it in ids}
        cls.path = f"/_aws/execute-api/{cls.ids['Api']}/{STAGE}"
        cls.management = cls.aws("apigatewaymanagementapi", url + cls.path)

    def connect(self, query: str = "", headers: dict[str, str] | None = None) -> Client:
        client = Client(self.port, self.path + query, headers)
        self.addCleanup(client.close)
        return client

    def opened(self, query: str = "") -> tuple[Client, str]:
        """Return a connection and its id."""
        client = self.connect(query)
        self.assertIsInstance(client.accepted, AcceptConnection)
        return client, json.loads(client.ask("{}"))["requestContext"]["connectionId"]

    def ended(self, connection: str) -> Any:
        """Return what the function was told about a connection's end."""
        queue = self.aws("sqs")
        while received := queue.receive_message(QueueUrl=self.ids["Ended"], WaitTimeSeconds=20).get("Messages"):
            for message in received:
                queue.delete_message(QueueUrl=self.ids["Ended"], ReceiptHandle=message["ReceiptHandle"])
                context = json.loads(message["Body"])["requestContext"]
                if context["connectionId"] == connection:
                    self.assertEqual(context["eventType"], "DISCONNECT")
                    return context
        return self.fail(f"the function was not told of the end of {connection}")

    def gone(self, connection: str) -> str:
        with self.assertRaises(ClientError) as refused:
            self.management.post_to_connection(ConnectionId=connection, Data=b"x")
        return refused.exception.response["Error"]["Code"]

    # ---- connecting ----

    def test_a_refused_connection_is_answered_with_the_status_of_the_function(self) -> None:
        for status in (400, 401, 403, 503):
            refused = self.connect(f"?status={status}").accepted
            self.assertIsInstance(refused, RejectConnection)
            self.assertEqual(refused.status_code, status)

    def test_events_say_what_was_asked_for_and_since_when(self) -> None:
        client, connection = self.opened("?token=a%2Bb&token=c")
        first = json.loads(client.ask('{"action": "unknown"}'))["requestContext"]
        self.assertEqual((first["routeKey"], first["eventType"], first["messageDirection"]), ("$default", "MESSAGE", "IN"))
        self.assertLess(first["connectedAt"], first["requestTimeEpoch"])
        self.assertEqual(json.loads(client.ask("no json"))["requestContext"]["connectedAt"], first["connectedAt"])
        self.assertRegex(connection, "^[A-Za-z0-9_]{15}=$")

    # ---- messages ----

    def test_ping_is_answered_without_the_function(self) -> None:
        client, _ = self.opened()
        self.assertEqual(client.ask('{"action":"ping"}'), '{"kind":"pong"}')

    def test_only_a_route_with_a_response_answers(self) -> None:
        client, _ = self.opened()
        client.send(TextMessage(data='{"action":"silent"}'))
        self.assertEqual(client.ask('{"action":"ping"}'), '{"kind":"pong"}')

    def test_a_function_that_fails_is_told_without_its_words(self) -> None:
        client, connection = self.opened()
        answer = json.loads(client.ask('{"fail":1}'))
        self.assertEqual((answer["message"], answer["connectionId"]), ("Internal server error", connection))

    def test_a_message_may_have_128_kb_in_frames_of_32(self) -> None:
        client, _ = self.opened()
        client.frames(*["x" * 32 * 1024] * 4)
        answer = client.next()
        self.assertEqual(len(json.loads(answer.data)["body"]), 128 * 1024)

    def test_a_longer_frame_or_message_ends_the_connection(self) -> None:
        for texts in (["x" * (32 * 1024 + 1)], ["x" * 32 * 1024] * 4 + ["x"], ["é" * 16 * 1024] * 4 + ["x"]):
            client, connection = self.opened()
            client.frames(*texts)
            closed = client.next()
            self.assertIsInstance(closed, CloseConnection)
            self.assertEqual(closed.code, 1009)
            self.assertEqual(self.ended(connection)["disconnectStatusCode"], 1009)

    def test_a_binary_frame_ends_the_connection(self) -> None:
        client, connection = self.opened()
        client.send(BytesMessage(data=b"\x00"))
        self.assertEqual(client.next().code, 1003)
        self.assertEqual(self.ended(connection)["disconnectStatusCode"], 1003)

    # ---- the end ----

    def test_the_end_of_a_connection_is_told_with_the_code_of_the_client(self) -> None:
        client, connection = self.opened()
        client.send(CloseConnection(code=4321, reason="gone home"))
        self.assertEqual(client.next().code, 4321)
        context = self.ended(connection)
        self.assertEqual((context["disconnectStatusCode"], context["disconnectReason"]), (4321, "gone home"))
        self.assertEqual(self.gone(connection), "GoneException")
        lost, connection = self.opened()
        lost.close()
        self.assertEqual(self.ended(connection)["disconnectStatusCode"], 1006)

    def test_a_removed_connection_has_what_was_posted_before_and_is_gone(self) -> None:
        client, connection = self.opened()
        self.management.post_to_connection(ConnectionId=connection, Data="kicked ✓".encode())
        self.management.delete_connection(ConnectionId=connection)
        self.assertEqual(self.gone(connection), "GoneException")
        self.assertEqual(client.next().data, "kicked ✓")
        self.assertIsInstance(client.next(), CloseConnection)
        self.ended(connection)

    # ---- calls on connections ----

    def test_a_connection_is_shown_under_the_names_of_aws(self) -> None:
        _, connection = self.opened()
        shown = self.management.get_connection(ConnectionId=connection)
        self.assertEqual(shown["Identity"]["SourceIp"], HOST)
        self.assertLessEqual(shown["ConnectedAt"], shown["LastActiveAt"])

    def test_a_post_that_is_too_long_is_refused(self) -> None:
        client, connection = self.opened()
        with self.assertRaises(self.management.exceptions.PayloadTooLargeException):
            self.management.post_to_connection(ConnectionId=connection, Data=b"x" * (128 * 1024 + 1))
        self.management.post_to_connection(ConnectionId=connection, Data=b"x" * 128 * 1024)
        self.assertEqual(len(client.next().data), 128 * 1024)

    def test_nothing_is_posted_to_an_id_that_never_was(self) -> None:
        self.assertEqual(self.gone("AAAAAAAAAAAAAAA="), "GoneException")

    def test_a_function_may_call_what_its_role_allows_on_connections(self) -> None:
        client, connection = self.opened()
        other, _ = self.opened()
        call = {"id": connection, "call": "post_to_connection", "with": {"Data": "hello"}}
        self.assertEqual(other.ask(json.dumps(call)), "done")
        self.assertEqual(client.next().data, "hello")
        for forbidden in ("get_connection", "delete_connection"):
            answer = other.ask(json.dumps({"id": connection, "call": forbidden}))
            self.assertIn("not authorized to perform: execute-api:ManageConnections", answer)
        unsigned = urllib.request.Request(f"http://{HOST}:{self.port}{self.path}/@connections/{connection}", b"x", method="POST")
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(unsigned)
        self.assertEqual(refused.exception.code, 403)
        refused.exception.close()


class Sessions(unittest.IsolatedAsyncioTestCase):
    """Sessions between a client and the emulator's handler."""

    def session(self) -> sockets.Session:
        self.sent: list[Any] = []

        async def send(event: Any) -> None:
            self.sent.append(event)

        return sockets.Session({}, asyncio.get_running_loop().create_future, send)

    async def test_a_connection_that_is_idle_or_old_is_closed(self) -> None:
        for limit in ("MAX_IDLE", "MAX_AGE"):
            session = self.session()
            await session.send({"type": "websocket.accept"})
            with mock.patch.object(sockets, limit, 0.01):
                self.assertEqual((await session.receive())["code"], 1001)
            self.assertEqual((self.sent[-1]["type"], self.sent[-1]["code"]), ("websocket.close", 1001))
            # The handler closes a connection that has ended.
            await session.send({"type": "websocket.close", "code": 1000})
            self.assertEqual(len(self.sent), 2)

    async def test_a_message_to_the_client_ends_idleness(self) -> None:
        session = self.session()
        await session.send({"type": "websocket.accept"})
        session._active -= sockets.MAX_IDLE
        await session.send({"type": "websocket.send", "text": "hello"})
        waiting = asyncio.ensure_future(session.receive())
        await asyncio.sleep(0)
        self.assertFalse(waiting.done())
        waiting.cancel()


class Mocks(unittest.TestCase):
    """MOCK integrations."""

    ASKED = {"templateSelectionExpression": "\\$default", "requestTemplates": {"$default": '{"statusCode": 201}'}}

    def answer(self, asked: Any, *responses: tuple[str, str]) -> Any:
        texts = [{"integrationResponseKey": key, "responseTemplates": {"$default": text}} for key, text in responses]
        return socket_routes.mock(asked, texts)

    def test_the_response_for_the_status_is_chosen(self) -> None:
        responses = ("$default", "any"), ("/4\\d\\d/", "refused"), ("/201/", "made")
        self.assertEqual(self.answer(self.ASKED, *responses)["body"], "made")
        self.assertEqual(self.answer(self.ASKED, *responses[:2])["body"], "any")
        self.assertEqual(self.answer(self.ASKED)["body"], "")

    def test_without_a_status_or_a_plain_text_it_fails(self) -> None:
        no_status = self.ASKED | {"requestTemplates": {"$default": "{}"}}
        for asked in ({}, no_status, self.ASKED | {"templateSelectionExpression": "200"}):
            self.assertEqual(self.answer(asked, ("$default", "made")), {"statusCode": 502})
        self.assertEqual(self.answer(self.ASKED, ("$default", "$input.body")), {"statusCode": 502})


if __name__ == "__main__":
    unittest.main()
