"""Running sums of steps, as checkpoints keep them (packages/node/src/training/totals.ts)."""

from __future__ import annotations

from typing import Any, Mapping, Optional

Totals = dict[str, float]


def no_steps() -> Totals:
    return {
        "steps": 0,
        "pictures": 0,
        "colorLoss": 0,
        "classLoss": 0,
        "correct": 0,
        "labelled": 0,
        "gradientNorm": 0,
    }


def add_totals(one: Totals, other: Totals) -> Totals:
    return {name: value + other[name] for name, value in one.items()}


def averages(sums: Mapping[str, float], pictures: float) -> dict[str, Optional[float]]:
    """Means of sums over so many pictures; the class measures are None without labels."""
    labelled = sums["labelled"]
    result: dict[str, Any] = {
        "colorLoss": sums["colorLoss"] / pictures,
        "classLoss": sums["classLoss"] / labelled if labelled > 0 else None,
        "accuracy": sums["correct"] / labelled if labelled > 0 else None,
    }
    return result
