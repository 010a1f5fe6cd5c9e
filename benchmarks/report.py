"""What was measured, as tables, and whether it is what was promised."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Results = dict[str, Any]
_FLOOR = {
    "read one": 0.70, "create": 0.50, "invalid (400)": 0.50, "name taken (400)": 0.50,
    "unauthorised (401)": 0.50, "not found (404)": 0.50,
}  # fmt: skip


def lines(results: Results) -> Iterator[str]:
    """The whole report."""
    yield from _rounds(results["rounds"])
    yield "\nmicroseconds in this process, by stage"
    yield from (f"  {name:64}{cost:9.1f}" for name, cost in results["stages"].items())
    yield "\nmicroseconds as documents grow"
    for name, costs in results["scale"].items():
        told = "".join(f"{cost:10.1f} at {int(size):,}" for size, cost in costs.items())
        yield f"  {name:24}{told}   {_growth(costs):.2f} times"
    yield "\nstart and memory (seconds, MiB)"
    yield from (f"  {name:44}{value:9.2f}" for name, value in results["startup"].items())
    yield "\npromised"
    yield from (f"  {'reached' if good else 'MISSED':9}{text}" for text, good in promises(results))


def _rounds(rows: list[Results]) -> Iterator[str]:
    yield "kind                documents server             requests/s  of bare   of bare   p50 ms   p99 ms     MiB"
    yield "                                                           by clock by processor"
    for row in rows:
        wrong = (
            ""
            if row["right"] == 1 or row["server"] == "bare uvicorn"
            else f"   {1 - row['right']:.0%} with another status"
        )
        processor = f"{row['cpu_ratio']:10.2f}" if row["cpu_ratio"] else " " * 10
        yield (
            f"{row['kind']:20}{row['documents']:9,} {row['server']:16}{row['rate']:13,.0f}{row['ratio']:9.2f}"
            f"{processor}{row['p50']:9.2f}{row['p99']:9.2f}{row['mebibytes']:8.0f}{wrong}"
        )


def share(row: Results) -> float:
    """Of bare uvicorn, by processor time where the system tells it: other processes disturb the clock more."""
    return float(row["cpu_ratio"] or row["ratio"])


def promises(results: Results) -> Iterator[tuple[str, bool]]:
    """Each promise with its figure, and whether it is kept."""
    few = min(row["documents"] for row in results["rounds"])
    told = {(row["kind"], row["server"]): row for row in results["rounds"] if row["documents"] == few}
    for kind, floor in _FLOOR.items():
        ratio = share(told[kind, "specdouble"])
        yield f"{kind}: {ratio:.2f} of bare uvicorn (at least {floor:.2f})", ratio >= floor
    for (kind, server), row in told.items():
        if server == "Prism":
            times = share(told[kind, "specdouble"]) / share(row)
            yield f"{kind}: {times:.1f} times Prism (at least 3)", times >= 3
    for name, costs in results["scale"].items():
        most = 3.0 if "page" in name else 1.5
        yield f"{name}: {_growth(costs):.2f} times the cost at 100 documents (at most {most})", _growth(costs) <= most
    yield from _startup(results)


def _startup(results: Results) -> Iterator[tuple[str, bool]]:
    startup = results["startup"]
    told = "{} on a processor" if startup["root project on a processor"] else "{} to its first answer"
    base = "the same on a processor" if startup["root project on a processor"] else "importing connexion and mongomock"
    times = startup[told.format("root project")] / startup[base]
    yield f"start to first answer: {times:.2f} times the imports alone (at most 1.3)", times <= 1.3
    for name, most in (
        (told.format("contract of 3 MB"), 4),
        ("MiB of the contract of 3 MB", 200),
        ("MiB with 100,000 documents", 400),
    ):
        yield f"{name}: {startup[name]:.2f} (under {most})", startup[name] < most
    cost = results["stages"]["whole: /openapi.json"]
    yield f"/openapi.json: {cost:.1f} microseconds in this process (under 100)", cost < 100


def _growth(costs: dict[str, float]) -> float:
    first, *_, last = costs.values()
    return last / first
