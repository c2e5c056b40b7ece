"""At which size each limit is met, in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .inputs import inputs, parameter, setting
from .loads import DAY, OF_A_CONNECTION, OF_A_GATEWAY, OF_A_MESSAGE, slowest
from .usage import Usage


@dataclass(frozen=True)
class Limit:
    """A limit, and what a message a second or a device uses of it at the peak."""

    name: str
    kind: str
    capacity: float
    load: float
    unit: str
    do: str
    source: str | None = None

    @property
    def met_at(self) -> float:
        """Return the messages a second, or the devices, at which the limit is met."""
        return self.capacity / self.load

    def needed(self, size: float) -> float:
        """Return what this many messages a second, or devices, use."""
        return self.load * size


def of_messages(usage: Usage | None = None) -> list[Limit]:
    """Return the limits of messages in the order in which they are met, with the vendors' rates for one app."""
    used = usage or Usage.standing()
    ours = [_limit(one, OF_A_MESSAGE[one["load"]](used), used) for one in inputs()["limits"]["messages"]]
    vendors = [
        Limit(f"{one['name']}: {one['unit']}, one app", "vendor", one["rate"], used.vendors[name].counted, "a second", one["do"], one["source"])
        for name, one in inputs()["vendors"].items()
    ]
    return _in_order(ours + vendors)


def of_connections() -> list[Limit]:
    """Return the limits of devices on Curlew's own WebSocket."""
    return _in_order([_limit(one, OF_A_CONNECTION[one["load"]]()) for one in inputs()["limits"]["connections"]])


def of_a_gateway() -> list[Limit]:
    """Return the limits of devices behind a gateway that reports presence."""
    return _in_order([_limit(one, OF_A_GATEWAY[one["load"]]()) for one in inputs()["limits"]["gateway"]])


def peak(messages_a_day: float) -> float:
    """Return the messages a second of the busiest minute."""
    return messages_a_day / DAY * inputs()["traffic"]["peak_to_mean"]


def a_day(messages_a_second: float) -> float:
    """Return the messages a day whose busiest minute has this many a second."""
    return messages_a_second * DAY / inputs()["traffic"]["peak_to_mean"]


def _limit(one: dict[str, Any], load: float, usage: Usage | None = None) -> Limit:
    name = one["name"].replace("{slowest}", slowest(usage)) if usage else one["name"]
    return Limit(name, one["kind"], _capacity(one), load, one["unit"], one["do"], one.get("source"))


def _capacity(one: dict[str, Any]) -> float:
    if "parameter" in one:
        return parameter(one["parameter"])
    return setting(one["resource"], one["setting"]) if "resource" in one else one["value"]


def _in_order(limits: list[Limit]) -> list[Limit]:
    return sorted(limits, key=lambda limit: limit.met_at)
