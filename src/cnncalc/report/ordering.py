"""An order of a prediction's steps: what is at stake in words, and as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnncalc.estimation import Estimate
from cnncalc.ordering import Order
from cnncalc.units import bytes_text

SHOWN = 20
"""How many control dependencies the text shows."""


def order_words(estimate: Estimate) -> list[str]:
    """What the order of the estimate changes, and what would enforce it; nothing for the model's own."""
    if estimate.order == "as-written":
        return []
    order = estimate.orders[estimate.order]
    return [_at_stake(order, estimate.orders.as_written), *(_control(order) if order.name == "best" else ())]


def _at_stake(order: Order, written: Order) -> str:
    peak, own = bytes_text(order.peak_bytes), bytes_text(written.peak_bytes)
    return (
        f"In the {order.name} order found the ideal prediction needs {peak} ({order.peak_bytes:,} B), in the "
        f"model's {own} ({written.peak_bytes:,} B). {_bound(order)}"
    )


def _bound(order: Order) -> str:
    best = order.name == "best"
    if order.exact:
        return "No order needs less." if best else "No order needs more."
    if best:
        return f"Whether another needs less is not known; none needs less than {order.lower_bound_bytes:,} B."
    return f"Whether another needs more is not known; none needs more than {order.upper_bound_bytes:,} B."


def _control(order: Order) -> Iterator[str]:
    waits = order.control_dependencies
    if not waits:
        yield "No order needs more than that, so no control dependency is needed."
        return
    yield f"With these control dependencies, {len(waits)} in number, no order needs more:"
    yield from (f"  {wait.step} waits for {wait.after}" for wait in waits[:SHOWN])
    if len(waits) > SHOWN:
        yield f"  and {len(waits) - SHOWN} others: --format json has them all"


def order_data(estimate: Estimate) -> dict[str, Any]:
    """The order of the estimate as plain data."""
    order = estimate.orders[estimate.order]
    return {
        **order._asdict(),
        "control_dependencies": [wait._asdict() for wait in order.control_dependencies],
    }
