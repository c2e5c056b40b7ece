"""The parts of `docs/scaling.md` that the model writes."""

from __future__ import annotations

from . import limits, money
from .inputs import inputs, setting
from .limits import Limit
from .text import dollars, rounded, short, table
from .usage import Usage

MEMORIES = (256, 512, 1024, 1769)
# What a limit is, as the reader has to deal with it.
KINDS = {"setting": "setting", "quota": "quota of AWS", "grows": "start value", "vendor": "rate of the vendor", "design": "limit of the design"}


def messages() -> str:
    """Return the limits of messages, with what each size needs of them."""
    sizes = inputs()["sizes"]["messages"]
    head = ["limit", "is a", "as it stands", "met at, a second", "a day", *(f"{short(size)} need" for size in sizes), "what to do"]
    rows = [_row(one, [one.met_at, limits.a_day(one.met_at)], [one.needed(limits.peak(size)) for size in sizes]) for one in limits.of_messages()]
    return table(head, "lllrr" + "r" * len(sizes) + "l", rows) + _met([limits.peak(size) for size in sizes], sizes, "a day", limits.of_messages())


def connections() -> str:
    """Return the limits of connected devices."""
    outage = inputs()["sizes"]["users"][1]
    new = next(one for one in limits.of_connections() if "new connections" in one.name)
    minutes = rounded(outage / new.capacity / 60)
    return (
        _devices(limits.of_connections())
        + f"\nAfter an outage all clients come at once: {short(outage)} need {minutes} minutes at {rounded(new.capacity)} a second. Clients add jitter.\n"
    )


def gateway() -> str:
    """Return the limits of devices behind a gateway."""
    return _devices(limits.of_a_gateway())


def _devices(found: list[Limit]) -> str:
    sizes = inputs()["sizes"]["users"]
    head = ["limit", "is a", "as it stands", "met at, connected", *(f"{short(size)} need" for size in sizes), "what to do"]
    rows = [_row(one, [one.met_at], [one.needed(size) for size in sizes]) for one in found]
    return table(head, "lllr" + "r" * len(sizes) + "l", rows) + _met(sizes, sizes, "connected", found)


def _met(needs: list[float], sizes: list[float], of: str, found: list[Limit]) -> str:
    """Return how many of the limits each size meets. They are in order, so these are the first ones."""
    met = [sum(one.met_at < need for one in found) for need in needs]
    rows = ["none" if it == 0 else "all" if it == len(found) else "the first" if it == 1 else f"the first {it}" for it in met]
    return "\n" + "; ".join(f"{short(size)} {of}: {row}" for size, row in zip(sizes, rows, strict=True)).join(("Met by ", ".\n"))


def _row(one: Limit, met_at: list[float], needed: list[float]) -> list[str]:
    name = f"{one.name} ([source]({one.source}))" if one.source else one.name
    # Whoever needs more than there is finds the number in bold.
    cells = [f"**{short(it)}**" if it > one.capacity else short(it) for it in needed]
    return [name, KINDS[one.kind], f"{rounded(one.capacity)} {one.unit}", *map(short, met_at), *cells, one.do]


def memory() -> str:
    """Return what more memory does to check-presence."""
    rows = []
    for megabytes in MEMORIES:
        used = Usage.standing(memory_mb=megabytes)
        at = [limits.a_day(processes / used.decide_s) for processes in (setting("CheckPresence", "MaximumConcurrency"), 1_000)]
        of_lambda = dollars(money.lambda_dollars(used))
        rows.append([f"{megabytes} MB", f"{rounded(used.decide_s * 10_000)} ms", *(short(it) for it in at), of_lambda])
    head = ["memory", "ten messages take", "messages a day with 50 processes", "with 1 000, the most", "Lambda, $ a million messages"]
    return table(head, "lrrrr", rows) + f"\n{_ramp()}\n"


def _ramp() -> str:
    """Return how fast a queue gets its processes."""
    queues, most = inputs()["scaling_of_queues"], 1_000
    needed = Usage.standing().decide_s * limits.peak(inputs()["sizes"]["messages"][1])
    minutes = [rounded((processes - queues["first"]) / queues["a_minute"]) for processes in (needed, most)]
    return (
        f"Lambda starts a queue with {queues['first']} processes and adds {queues['a_minute']} a minute ([source](https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html)): "
        f"{rounded(needed)} after {minutes[0]} minutes, {rounded(most)} after {minutes[1]}. What comes meanwhile waits in the queue."
    )


def costs() -> str:
    """Return the dollars of messages by size and service."""
    return _bills([money.of_messages(size) for size in inputs()["sizes"]["messages"]], inputs()["sizes"]["messages"], "messages a day")


def connection_costs() -> str:
    """Return the dollars of connected devices by size."""
    return _bills([money.of_connections(size) for size in inputs()["sizes"]["users"]], inputs()["sizes"]["users"], "connected")


def _bills(bills: list[money.Bill], sizes: list[float], of: str) -> str:
    head = ["$"] + [f"{short(size)} {of}: {period}" for size in sizes for period in ("a day", "a month")]
    rows = [[name] + _both([bill[name] for bill in bills]) for name in bills[0]]
    sums = [f"**{it}**" for it in _both([sum(bill.values()) for bill in bills])]
    return table(head, "l" + "rr" * len(sizes), [*rows, ["**together**", *sums]])


def _both(months: list[float]) -> list[str]:
    return [dollars(it) for month in months for it in (month / money.MONTH, month)]
