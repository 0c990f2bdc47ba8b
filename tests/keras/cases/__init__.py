"""Hypothesis strategies, one per layer kind: settings and input shapes, most of them valid, some not."""

from __future__ import annotations

from typing import Any

Case = tuple[dict[str, Any], tuple[tuple[int, ...], ...]]
"""Settings of the Keras layer, and the shapes of its inputs, per sample."""
