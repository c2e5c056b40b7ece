"""Counts what the stack's functions use, in the units that AWS bills. `GET /_curlew/usage` on the emulator's port
returns the counts, `DELETE` resets them.

Sources of the units: DynamoDB reads and writes
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html; SQS, a request for each
started 64 KB of payload https://aws.amazon.com/sqs/pricing/; HTTP API, a request for each started 512 KB, and WebSocket
API, a message for each started 32 KB in either direction https://aws.amazon.com/api-gateway/pricing/.

Calls of other clients, such as tests that read a queue, are not counted. Event sources receive and delete ten records a
request.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from threading import Lock
from typing import Any

import inside
import pages
from inside import request_caller_arn

PATH = "/_curlew/usage"
EVENT_SOURCE = "event source"
_SQS_CHUNK, _HTTP_CHUNK, _SOCKET_CHUNK = 64 * 1024, 512 * 1024, 32 * 1024
_RECORDS_A_REQUEST = 10
_TRANSACTION = "TransactWriteItems"
_CONDITIONS = ("ConditionalCheckFailedException", "TransactionCanceledException")
_WRITES = {"PutItem": "Item", "UpdateItem": "Key", "DeleteItem": "Key"}

# (caller, service, action, resource) to the use. Functions and event sources run in threads.
_usage: defaultdict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
# (table, partition key) to write units. A partition takes 1000 a second, whatever the table takes.
_partitions: Counter[tuple[str, str]] = Counter()
_lock = Lock()


def install() -> None:
    """Wrap the emulator's services with the counters."""
    counts = {
        inside.DYNAMODB: _dynamodb, inside.SQS: _sqs, inside.KMS: _other("kms"), inside.SECRETS: _other("secretsmanager"),
    }  # fmt: skip
    for service, count in counts.items():
        service.wrap(lambda handle, count=count: _counted(handle, count))
    inside.HTTP.wrap(_http)
    inside.WEBSOCKET_ROUTE.wrap(_frames)
    inside.CONNECTION_CALLS.wrap(_posts)
    inside.INVOKE.wrap(_invocations)
    inside.RECEIVE.wrap(_receives)
    inside.DELETE.wrap(_deletes)
    pages.add(PATH, _usage_page)


def _count(caller: str, service: str, action: str, resource: str, **used: float) -> None:
    with _lock:
        _usage[caller, service, action, resource].update({"requests": 1} | used)


def _chunks(size: int, chunk: int) -> int:
    return max(1, -(-size // chunk))


# ---- calls of functions ----


def _counted(handle: Any, count: Any) -> Any:
    """Return a service's handler that also counts the calls of functions. A function's session has its name."""

    async def handler(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        arn = request_caller_arn(headers, query)
        if ":assumed-role/" not in arn:
            return await handle(method, path, headers, body, query)
        action, asked = headers.get("x-amz-target", "").rpartition(".")[2], json.loads(body or b"{}")
        if action in _WRITES or action in (_TRANSACTION, "BatchWriteItem"):
            asked["ReturnConsumedCapacity"] = "TOTAL"
            body = json.dumps(asked).encode()
        answer = await handle(method, path, headers, body, query)
        whole = _whole(asked)
        seen = answer if whole == asked else await handle(method, path, headers, json.dumps(whole).encode(), query)
        count(arn.rpartition("/")[2], action, asked, seen)
        return answer

    return handler


def _whole(asked: Any) -> Any:
    """Return the same read for whole rows, because attributes that a read leaves out are billed too."""
    if "RequestItems" in asked:
        return asked | {"RequestItems": {table: _whole(rows) for table, rows in asked["RequestItems"].items()}}
    if isinstance(asked, list) or not asked.keys() & {"FilterExpression", "ProjectionExpression", "Select"}:
        return asked
    whole = {name: value for name, value in asked.items() if name not in ("FilterExpression", "ProjectionExpression", "Select")}
    placeholders = re.findall(r"[#:]\w+", asked.get("KeyConditionExpression", ""))
    for kind in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        # An unused placeholder would be refused.
        if left := {name: value for name, value in whole.pop(kind, {}).items() if name in placeholders}:
            whole[kind] = left
    return whole


def _other(service: str) -> Any:
    return lambda caller, action, _asked, _answer: _count(caller, service, action, "", billed=1)


def _sqs(caller: str, action: str, asked: Any, _answer: Any) -> None:
    entries = asked.get("Entries") or [asked]
    size = sum(len(entry.get("MessageBody", "").encode()) for entry in entries)
    queue = asked.get("QueueUrl", "").rpartition("/")[2]
    _count(caller, "sqs", action, queue, records=len(entries), bytes=size, billed=_chunks(size, _SQS_CHUNK))


def _dynamodb(caller: str, action: str, asked: Any, answer: Any) -> None:
    status, _, body = answer
    answered = json.loads(body or b"{}")
    # The emulator counts one unit for every read, so read units are computed here. It reports no units of refused
    # writes.
    reads = _read_units(action, asked, answered) if status == 200 else 0
    refused = answered.get("__type", "").rpartition("#")[2] in _CONDITIONS
    writes = _refused_write_units(action, asked) if refused else _write_units(answered)
    _count(caller, "dynamodb", action, _table(action, asked), billed=1, read_units=reads, write_units=writes)
    _count_partitions(action, asked, writes)


def _count_partitions(action: str, asked: Any, writes: float) -> None:
    """Divide the units of a call among the partitions that it writes to, by their rows."""
    if not writes:
        return
    keys = list(_written_keys(action, asked))
    with _lock:
        for table, key in keys:
            _partitions[table, key["pk"]["S"]] += writes / len(keys)


def _written_keys(action: str, asked: Any) -> Iterator[tuple[str, Any]]:
    if action == _TRANSACTION:
        for operation in (operation for item in asked["TransactItems"] for operation in item.values()):
            yield operation["TableName"], operation.get("Key") or operation["Item"]
    elif action == "BatchWriteItem":
        for table, requests in asked["RequestItems"].items():
            for request in (request for it in requests for request in it.values()):
                yield table, request.get("Key") or request["Item"]
    else:
        yield asked["TableName"], asked[_WRITES[action]]


def _table(action: str, asked: Any) -> str:
    """Return the table of a call, or its first table."""
    if action == _TRANSACTION:
        asked = next(iter(asked["TransactItems"][0].values()))
    return next(iter(asked["RequestItems"])) if "RequestItems" in asked else asked["TableName"]


def _read_units(action: str, asked: Any, answered: Any) -> float:
    if action in ("Query", "Scan"):
        return _read(sum(map(inside.item_size, answered["Items"])), asked)
    if action == "GetItem":
        return _read(inside.item_size(answered.get("Item")), asked)
    if action == "BatchGetItem":
        units = 0.0
        for table, wanted in asked["RequestItems"].items():
            found = answered["Responses"].get(table, [])
            units += sum(_read(inside.item_size(item), wanted) for item in found)
            units += (len(wanted["Keys"]) - len(found)) * _read(0, wanted)
        return units
    return 0


def _read(size: int, asked: Any) -> float:
    return _chunks(size, 4096) * (1 if asked.get("ConsistentRead") else 0.5)


def _write_units(answered: Any) -> float:
    consumed = answered.get("ConsumedCapacity", [])
    return sum(it["CapacityUnits"] for it in (consumed if isinstance(consumed, list) else [consumed]))


def _refused_write_units(action: str, asked: Any) -> float:
    """Return the units of a refused write. It is billed by the row that it would have changed."""
    if action == _TRANSACTION:
        operations = [operation for item in asked["TransactItems"] for operation in item.items()]
        return 2 * sum(_stored_units(it["TableName"], it.get("Key") or it["Item"]) for _, it in operations)
    return _stored_units(asked["TableName"], asked[_WRITES[action]])


def _stored_units(table: str, key: Any) -> float:
    return inside.capacity_kb(inside.item_size(inside.stored_item(table, key)))


# ---- what AWS does for functions ----


def _http(execute: Any) -> Any:
    async def counted(api: str, stage: str, path: str, method: str, headers: Any, body: bytes, *rest: Any, **named: Any) -> Any:
        size = len(body or b"")
        _count("client", "http", method, "", bytes=size, billed=_chunks(size, _HTTP_CHUNK))
        return await execute(api, stage, path, method, headers, body, *rest, **named)

    return counted


def _frames(invoke: Any) -> Any:
    """Count the frames that clients send and the answers of routes."""

    async def counted(api: str, account: str, region: str, route: Any, *rest: Any, **named: Any) -> Any:
        _stage, _connection, kind, _request, text, *_ = rest
        answer = await invoke(api, account, region, route, *rest, **named)
        if kind == "MESSAGE":
            _frame("client", "Receive", route["routeKey"], text.encode())
            if answer and answer.get("body"):
                _frame("client", "Answer", route["routeKey"], str(answer["body"]).encode())
        return answer

    return counted


def _posts(handle: Any) -> Any:
    """Count the calls of functions on connections."""

    async def counted(method: str, api: str, stage: str, connection: str, body: bytes, headers: Any) -> Any:
        answer, caller = await handle(method, api, stage, connection, body, headers), request_caller_arn(headers, {})
        if ":assumed-role/" in caller:
            # Only what is sent counts as a message.
            sent = body if method == "POST" and answer[0] == 200 else None
            _frame(caller.rpartition("/")[2], f"{method} connection", "", sent)
        return answer

    return counted


def _frame(caller: str, action: str, route: str, sent: bytes | None) -> None:
    size = len(sent or b"")
    _count(caller, "websocket", action, route, bytes=size, billed=0 if sent is None else _chunks(size, _SOCKET_CHUNK))


def _invocations(execute: Any) -> Any:
    def counted(function: Any, config: Any, event: Any, *rest: Any) -> Any:
        name, records = config["FunctionName"], len(event.get("Records", [event]))
        _count(name, "lambda", "Invoke", name, records=records, billed=1, memory_mb=config["MemorySize"])
        return execute(function, config, event, *rest)

    return counted


def _receives(receive: Any) -> Any:
    def counted(queue_url: str, wanted: int) -> Any:
        taken = receive(queue_url, wanted)
        for start in range(0, len(taken), _RECORDS_A_REQUEST):
            records = taken[start : start + _RECORDS_A_REQUEST]
            size = sum(len(record["body"].encode()) for record in records)
            queue, billed = queue_url.rpartition("/")[2], _chunks(size, _SQS_CHUNK)
            _count(EVENT_SOURCE, "sqs", "ReceiveMessage", queue, records=len(records), bytes=size, billed=billed)
        return taken

    return counted


def _deletes(delete: Any) -> Any:
    def counted(queue_url: str, handles: set[str]) -> None:
        for start in range(0, len(handles), _RECORDS_A_REQUEST):
            records, queue = min(_RECORDS_A_REQUEST, len(handles) - start), queue_url.rpartition("/")[2]
            _count(EVENT_SOURCE, "sqs", "DeleteMessageBatch", queue, records=records, billed=1)
        delete(queue_url, handles)

    return counted


# ---- the counts ----


def _usage_page(method: str) -> Any:
    names = ("caller", "service", "action", "resource")
    with _lock:
        calls = [dict(zip(names, key, strict=True)) | used for key, used in sorted(_usage.items())]
        partitions = [
            {"resource": table, "partition": partition, "write_units": units}
            for (table, partition), units in sorted(_partitions.items())
        ]
        if method == "DELETE":
            _usage.clear()
            _partitions.clear()
    return {"calls": calls, "partitions": partitions}
