"""Counts the instructions of messages in `ingest-message`, `check-presence` and `push-vendor`, all in: the runtime, the
AWS SDK and our code.

Usage: message_costs.py BINARIES

It needs the running local stack and valgrind. Release binaries run under callgrind against a Runtime API of this
script. They use the stack's tables and vendors, and queues of their own. The records that one function queues are the
next function's events. The difference between a short and a long run is the cost of the messages.
"""

from __future__ import annotations

import http.server
import json
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

from settings import STATE_FILE

Event = dict[str, Any]

# Invocations before the measured ones: they fill the caches.
WARM_UP = 1
# Measured invocations with one message, and with a full batch.
ALONE, FULL = 5, 2
# Messages of a full request. Records of full batches are those of the template.
MESSAGES = 100
RECORDS = {"check-presence": 10, "push-vendor": 100}
LONGEST_RUN_SECONDS = 600
# The digits of a message id, a ULID: https://github.com/ulid/spec
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass
class Cost:
    """The cost of a message in a function."""

    function: str
    batch: int
    instructions: int


@dataclass
class Runtime:
    """A Runtime API that hands out events, and then none."""

    events: list[Event]
    answers: list[Any] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    def serve(self) -> http.server.ThreadingHTTPServer:
        """Start the server."""
        runtime = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:  # noqa: N802 (the name that http.server calls)
                if not runtime.events:
                    runtime.done.set()
                    self.close_connection = True
                    return
                body = json.dumps(runtime.events.pop(0)).encode()
                self.send_response(200)
                # A run under callgrind is slow, so no deadline may end it.
                deadline = int((time.time() + LONGEST_RUN_SECONDS) * 1000)
                for name, value in {
                    "Lambda-Runtime-Aws-Request-Id": str(uuid.uuid4()),
                    "Lambda-Runtime-Deadline-Ms": str(deadline),
                    "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:000000000000:function:measured",
                    "Content-Type": "application/json",
                    "Content-Length": str(len(body)),
                }.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:  # noqa: N802
                text = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                answer = json.loads(text) if text else None
                (runtime.errors if self.path.endswith("/error") else runtime.answers).append(answer)
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server


class Bench:
    """The local stack with queues for the measured functions, and an app with users."""

    def __init__(self, binaries: Path) -> None:
        self.binaries = binaries
        self.state: dict[str, Any] = json.loads(STATE_FILE.read_text())
        self.sqs, self.lambdas = self._client("sqs"), self._client("lambda")
        self.queues = {name: self._queue(name) for name in ("dispatch", "push-fcm")}
        self.app = f"bench-{uuid.uuid4().hex[:8]}"
        self.token, self.sent = "", 0

    def _client(self, service: str) -> Any:
        return boto3.client(
            service, endpoint_url=self.state["aws_endpoint_url"], region_name=self.state["region"],
            aws_access_key_id="test", aws_secret_access_key="test",
        )  # fmt: skip

    def _queue(self, name: str) -> str:
        return str(self.sqs.create_queue(QueueName=f"measured-{name}")["QueueUrl"])

    # ---- the app ----

    def call(self, method: str, path: str, body: Any, bearer: str) -> Any:
        """Call the API, and return its answer."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {bearer}"}
        request = urllib.request.Request(self.state["api_url"] + path, json.dumps(body).encode(), headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def of_vendors(self, method: str, path: str, body: Any = None) -> Any:
        """Call the control interface of the simulators, and return its answer."""
        data = None if body is None else json.dumps(body).encode()
        url = f"{self.state['vendor_base_url']}/_sim{path}"
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def open(self) -> None:
        """Create the app with a notifier of FCM, and users with a phone each who are offline."""
        operator = self.state["operator_key"]
        client = self.call("POST", "/management/apps", {"org": "acme", "app": self.app}, operator)
        grant = {"grant_type": "client_credentials"} | {it: client[it] for it in ("client_id", "client_secret")}
        self.token = self.call("POST", f"/acme/{self.app}/token", grant, "")["access_token"]
        accounts = self.of_vendors("GET", "/test-accounts")
        notifier = {"name": "fcm", "vendor": "fcm", "credential": accounts["fcm"]}
        self.call("POST", f"/acme/{self.app}/notifiers", notifier, self.token)
        for number in range(MESSAGES):
            phone = self.of_vendors("GET", f"/device-token?vendor=fcm&text={self.app[6:]}{number:03}")["token"]
            binding = {"device_id": "phone", "device_token": phone, "notifier_name": "fcm"}
            self.call("PUT", f"/acme/{self.app}/users/user-{number}/push/binding", binding, self.token)

    def message(self) -> Event:
        """Return a message to the next user."""
        user = f"user-{self.sent % MESSAGES}"
        self.sent += 1
        text = {"type": "txt", "body": {"msg": "See you at the station at half past seven."}}
        return {"from": "carol", "to": [user], **text, "ext": {"em_push_ext": {"title": "Carol", "content": "See you"}}}

    # ---- events ----

    def request(self, path: str, body: Any) -> Event:
        """Return a request as API Gateway hands it over."""
        path = f"/acme/{self.app}{path}"
        return {
            "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "",
            "headers": {
                "authorization": f"Bearer {self.token}", "content-type": "application/json", "host": "api.example.com",
                "accept": "*/*", "user-agent": "im-server/1.0", "x-forwarded-for": "203.0.113.7",
                "x-forwarded-port": "443", "x-forwarded-proto": "https",
            },
            "requestContext": {
                "accountId": "000000000000", "apiId": "api", "domainName": "api.example.com", "domainPrefix": "api",
                "http": {
                    "method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7",
                    "userAgent": "im-server/1.0",
                },
                "requestId": str(uuid.uuid4()), "routeKey": "$default", "stage": "$default",
                "time": "30/Nov/2026:12:00:00 +0000", "timeEpoch": 1_796_040_000_000,
            },
            "body": json.dumps(body), "isBase64Encoded": False,
        }  # fmt: skip

    def alone(self) -> Event:
        """Return a request with one message."""
        return self.request("/messages/users", self.message())

    def full(self) -> Event:
        """Return a request with as many messages as it may have."""
        return self.request("/messages/batch", {"messages": [self.message() for _ in range(MESSAGES)]})

    def records(self, queue: str, number: int) -> list[Event]:
        """Take records from a queue, in the form in which a function gets them."""
        taken: list[Event] = []
        while len(taken) < number:
            answer = self.sqs.receive_message(
                QueueUrl=self.queues[queue], MaxNumberOfMessages=min(10, number - len(taken)),
                AttributeNames=["All"], MessageAttributeNames=["All"],
            )  # fmt: skip
            got = answer.get("Messages", [])
            if not got:
                raise SystemExit(f"{number} records are needed from {queue}, {len(taken)} are there")
            for it in got:
                self.sqs.delete_message(QueueUrl=self.queues[queue], ReceiptHandle=it["ReceiptHandle"])
                attributes = {
                    name: {"stringValue": value["StringValue"], "dataType": value["DataType"],
                           "stringListValues": [], "binaryListValues": []}
                    for name, value in it.get("MessageAttributes", {}).items()
                }  # fmt: skip
                taken.append({
                    "messageId": it["MessageId"], "receiptHandle": it["ReceiptHandle"], "body": young(it["Body"]),
                    "attributes": it["Attributes"], "messageAttributes": attributes, "md5OfBody": it["MD5OfBody"],
                    "eventSource": "aws:sqs", "eventSourceARN": f"arn:aws:sqs:us-east-1:000000000000:{queue}",
                    "awsRegion": "us-east-1",
                })  # fmt: skip
        return taken

    # ---- runs ----

    def environment(self, resource: str) -> dict[str, str]:
        """Return the environment of a deployed function, with the queues of the measurement."""
        name = self.state["functions"][resource]
        variables = dict(self.lambdas.get_function_configuration(FunctionName=name)["Environment"]["Variables"])
        own = {
            "DISPATCH_QUEUE_URL": self.queues["dispatch"],
            "PUSH_QUEUE_URL": self.queues["push-fcm"],
            "PUSH_QUEUE_URL_FCM": self.queues["push-fcm"],
        }
        return variables | {name: url for name, url in own.items() if name in variables} | {
            "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": self.state["region"],
            "AWS_SESSION_TOKEN": "test", "AWS_ENDPOINT_URL": self.state["aws_endpoint_url"], "LOG_LEVEL": "ERROR",
            "AWS_LAMBDA_FUNCTION_NAME": name, "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_LAMBDA_LOG_GROUP_NAME": "measured",
            "AWS_LAMBDA_LOG_STREAM_NAME": "measured", "STATISTICS_FLUSH_SECONDS": "60",
        }  # fmt: skip

    def run(self, function: str, resource: str, events: list[Event], counted: bool) -> int:
        """Handle the events in one process. Returns the instructions if they are counted."""
        runtime = Runtime(list(events))
        server = runtime.serve()
        environment = self.environment(resource) | {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}"}
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as said:
            valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out"] if counted else []
            command = [*valgrind, str(self.binaries / function)]
            environment["PATH"] = "/usr/local/bin:/usr/bin:/bin"
            process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=said)
            finished = runtime.done.wait(LONGEST_RUN_SECONDS)
            process.terminate()
            process.wait(60)
            server.shutdown()
            said.seek(0)
            text = said.read()
        if not finished or runtime.errors or len(runtime.answers) != len(events):
            raise SystemExit(f"{function} did not handle all events: {runtime.errors}\n{text}")
        self.judge(function, runtime.answers)
        if not counted:
            return 0
        collected = re.search(r"Collected\s*:\s*(\d+)", text)
        if not collected:
            raise SystemExit(f"callgrind counted nothing of {function}:\n{text}")
        return int(collected[1])

    @staticmethod
    def judge(function: str, answers: list[Any]) -> None:
        """Fail unless every answer is a success."""
        for answer in answers:
            failed = answer.get("batchItemFailures") or not 200 <= answer.get("statusCode", 200) < 300
            if failed:
                raise SystemExit(f"{function} answered {answer}")

    def measure(self, function: str, resource: str, events: list[Event], messages: int, batch: int) -> Cost:
        """Count what the events after the warm-up take. No event is handled twice, because a repeat takes another way."""
        few, many = events[1:WARM_UP + 2], events[WARM_UP + 2:]
        print(f"measuring {function}, {batch} a batch", file=sys.stderr)
        # Fills what processes share, such as the vendor's access token.
        self.run(function, resource, events[:1], counted=False)
        less = self.run(function, resource, few, counted=True)
        more = self.run(function, resource, many, counted=True)
        return Cost(function, batch, (more - less) // ((len(many) - len(few)) * messages))

    def costs(self) -> list[Cost]:
        """Measure every function, one message at a time and in full batches."""
        # One event before the two runs. Each run has a warm-up, and one event that their difference takes out.
        alone, full = 1 + 2 * (WARM_UP + 1) + ALONE, 1 + 2 * (WARM_UP + 1) + FULL
        ingest = "ingest-message", "IngestMessage"
        costs = [
            self.measure(*ingest, [self.alone() for _ in range(alone)], 1, 1),
            self.measure(*ingest, [self.full() for _ in range(full)], MESSAGES, MESSAGES),
        ]
        self.purge("dispatch")
        for function, resource, queue in (
            ("check-presence", "CheckPresence", "dispatch"), ("push-vendor", "PushFcm", "push-fcm"),
        ):  # fmt: skip
            self.fill(queue, alone)
            events = [{"Records": self.records(queue, 1)} for _ in range(alone)]
            costs.append(self.measure(function, resource, events, 1, 1))
            self.purge(queue)
            size = RECORDS[function]
            self.fill(queue, full * size)
            events = [{"Records": self.records(queue, size)} for _ in range(full)]
            costs.append(self.measure(function, resource, events, size, size))
            self.purge(queue)
        return costs

    def fill(self, queue: str, records: int) -> None:
        """Queue records of new messages, one message each."""
        self.run("ingest-message", "IngestMessage", [self.alone() for _ in range(records)], counted=False)
        if queue == "dispatch":
            return
        events = [{"Records": self.records("dispatch", 10)} for _ in range(records // 10)]
        events += [{"Records": self.records("dispatch", records % 10)}] if records % 10 else []
        self.run("check-presence", "CheckPresence", events, counted=False)

    def purge(self, queue: str) -> None:
        """Empty a queue."""
        while got := self.sqs.receive_message(QueueUrl=self.queues[queue], MaxNumberOfMessages=10).get("Messages"):
            for it in got:
                self.sqs.delete_message(QueueUrl=self.queues[queue], ReceiptHandle=it["ReceiptHandle"])


def young(body: str) -> str:
    """Return a record whose message ids begin with a later time. callgrind is slow, and a message that is 5 s old takes
    one call more.
    """
    later, prefix = int((time.time() + LONGEST_RUN_SECONDS) * 1000), ""
    for _ in range(10):
        later, digit = divmod(later, 32)
        prefix = CROCKFORD[digit] + prefix
    return re.sub(r"\b01[0-9A-HJKMNP-TV-Z]{24}\b", lambda found: prefix + found[0][10:], body)


def report(costs: list[Cost]) -> str:
    """Return a table."""
    lines = ["| function | messages a batch | instructions a message, all in |", "|---|---:|---:|"]
    lines += [f"| {cost.function} | {cost.batch} | {cost.instructions:,} |" for cost in costs]
    return "\n".join(lines)


def main() -> None:
    bench = Bench(Path(sys.argv[1]))
    bench.open()
    print(report(bench.costs()))


if __name__ == "__main__":
    main()
