"""What a size costs, by service, at the list prices of us-east-1 without free tier."""

from __future__ import annotations

from local.costs import FAIR_QUEUES

from .inputs import PRICES, inputs, metrics_of_alarms, queues
from .usage import Usage

MONTH = 30
_GB = 1e9
Bill = dict[str, float]


def tiered(amount: float, tiers: list[list[float]]) -> float:
    """Return the price of an amount that is billed by tiers of size and price."""
    price = 0.0
    for size, of_one in tiers:
        price += min(amount, size) * of_one
        amount -= min(amount, size)
    return price


def of_messages(messages_a_day: float, usage: Usage | None = None) -> Bill:
    """Return the dollars a month by service."""
    used = usage or Usage.standing()
    messages = messages_a_day * MONTH / 1e6
    return {
        "API Gateway": messages * PRICES["HTTP API requests"],
        "Lambda": messages * lambda_dollars(used),
        "SQS, with the most that fair queues add": messages * used.sqs_requests * (PRICES["SQS requests"] + FAIR_QUEUES),
        "DynamoDB reads": messages * used.all_units("read_units") * PRICES["DynamoDB read units"],
        "DynamoDB writes": messages * used.all_units("write_units") * PRICES["DynamoDB write units"],
        "DynamoDB storage of 7 days, with recovery": _stored_gb(messages_a_day, used) * inputs()["prices"]["storage"],
        "CloudWatch logs at level `info`": logs(messages_a_day, used),
        "traffic to vendors": messages * 1e6 * used.traffic_bytes / _GB * inputs()["prices"]["traffic"],
        "without traffic: key, secrets, polls, alarms, dashboard": without_traffic(),
    }


def without_traffic() -> float:
    """Return the dollars a month of a stack that nobody calls."""
    prices = inputs()["prices"]
    polls = queues() * inputs()["scaling_of_queues"]["first"] * 3 * 60 * 24 * MONTH / 1e6 * PRICES["SQS requests"]
    return prices["key_and_secrets"] + prices["dashboard"] + metrics_of_alarms() * prices["alarm"] + polls


def lambda_dollars(used: Usage) -> float:
    """Return the dollars for a million messages. Functions but check-presence have the template's memory."""
    usual, deciding = (mb / 1024 for mb in (inputs()["measured"]["memory_mb"], used.memory_mb))
    gigabyte_s = (used.ingest_s + used.push_s) * usual + used.decide_s * deciding
    return used.invocations * PRICES["Lambda invocations"] + gigabyte_s * PRICES["Lambda GB-s, modelled"]


def logs(messages_a_day: float, usage: Usage) -> float:
    """Return the dollars a month for logs at level `info`."""
    return tiered(messages_a_day * MONTH * usage.log_bytes / _GB, inputs()["prices"]["logs"])


def _stored_gb(messages_a_day: float, usage: Usage) -> float:
    stored = inputs()["stored"]
    return messages_a_day * stored["days"] * usage.units("MessagesTable", "write_units") * stored["bytes_of_a_write_unit"] / _GB


def of_connections(users: float) -> Bill:
    """Return the dollars a month of devices on Curlew's own WebSocket, in addition to accepting and deciding messages."""
    connections, prices = inputs()["connections"], inputs()["prices"]
    millions = users * MONTH / 1e6
    pings = 2 * 24 * 60 / connections["ping_minutes"]
    frames = millions * (pings + 3 * connections["messages_a_day"])
    return {
        "connection minutes": millions * 24 * 60 * prices["connection_minutes"],
        "frames: pings, messages, acknowledgements": tiered(frames, prices["frames"]),
        "handshakes, first pages and ends": millions * 24 / connections["hours"] * connections["dollars_of_handshakes"],
        "direct deliveries": millions * connections["messages_a_day"] * connections["dollars_of_deliveries"],
    }


def of_a_gateway(users: float) -> Bill:
    """Return the dollars a month of presence events: a read and a write each. The gateway's machines come on top."""
    events = users * MONTH / 1e6 * 2 * inputs()["gateway"]["sessions_a_day"]
    return {"presence events": events * (PRICES["DynamoDB read units"] + PRICES["DynamoDB write units"])}
