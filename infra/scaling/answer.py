"""The answer for a reader in a hurry: how far it goes, what breaks first, what costs how much."""

from __future__ import annotations

from . import limits, money
from .inputs import inputs
from .text import dollars, rounded, short
from .usage import Usage


def answer() -> str:
    """Return the first lines of the document."""
    return "".join(f"- {line}\n" for line in (*_messages(), _costs(), _connections()))


def _messages() -> list[str]:
    found = limits.of_messages()
    first, second = [one for one in found if one.kind != "vendor"][:2]
    grows = ", a start value that grows by itself" if second.kind == "grows" else ""
    quota, design = (next(one for one in found if one.kind == kind) for kind in ("quota", "design"))
    vendors = ", ".join(f"{one.name.split(':')[0]} {_day(one)}" for one in found if one.kind == "vendor")
    most = limits.a_day(design.capacity / Usage.standing(memory_mb=1769).decide_s)
    return [
        f"**As it stands** (settings of the template, the default quotas of AWS, the [assumed mix](#what-is-assumed)) a stack takes **{_day(first)} messages a day**, {rounded(first.met_at)} a second in the busiest minute. "
        f"It meets first: {first.name}. Then, at {_day(second)}, {second.name}{grows}. A new account may have 10 concurrent executions in place of 1 000: ask AWS first.",
        f"**With settings alone** it takes {_day(quota)} a day. Then a quota of AWS is met: {quota.name}.",
        f"**With higher quotas** it takes {_day(design)} a day, and {short(most)} with 1 769 MB for `check-presence`. Then its own design is the limit: one `dispatch` queue. "
        "An app lives in one stack, so one app with 10 G a day is out of reach. Many apps with 10 G need several stacks.",
        f"**The vendors' rates** of one app are met at these messages a day: {vendors}. Pushes above a rate come later. Most rates grow with the app's users.",
    ]


def _costs() -> str:
    bills = [(size, sum(money.of_messages(size).values())) for size in inputs()["sizes"]["messages"]]
    costs = ", ".join(f"{short(size)} a day ${dollars(bill)}" for size, bill in bills)
    usage = Usage.standing()
    logs = money.logs(100e6, usage) / sum(money.of_messages(100e6).values())
    return f"**Costs** a month: {costs}. Of 100 M a day, {logs:.0%} is for logs: `LogLevel: warn` saves most of that."


def _connections() -> str:
    first = limits.of_connections()[0]
    quota, of_a_gateway = (next(one for one in found if one.kind == "quota") for found in (limits.of_connections(), limits.of_a_gateway()))
    bills = ", ".join(f"{short(size)} ${dollars(sum(money.of_connections(size).values()))}" for size in inputs()["sizes"]["users"])
    return (
        f"**Connected devices** on Curlew's own WebSocket: {short(first.met_at)} as it stands ({first.name}), {short(quota.met_at)} with settings alone. "
        f"A month costs: {bills}. Above about 70 000 [a gateway of your own](#or-a-gateway-that-reports-presence) is cheaper; it goes to "
        f"{short(of_a_gateway.met_at)} with the default quotas."
    )


def _day(one: limits.Limit) -> str:
    return short(limits.a_day(one.met_at))
