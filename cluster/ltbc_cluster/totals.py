"""Running sums of measures, as checkpoints keep them (packages/core/src/training/totals.ts)."""

from __future__ import annotations

from typing import Any, Mapping, Optional

Totals = dict[str, Any]

#: What each measure of the hybrid objective is averaged over.
_AVERAGED_OVER = {"colorLoss": "pictures", "classLoss": "labelled", "accuracy": "labelled"}


def no_steps() -> Totals:
    return {"steps": 0, "gradientNorm": 0, "sums": {}, "weights": {}}


def add_totals(one: Mapping[str, Any], other: Mapping[str, Any]) -> Totals:
    """Adds number by number; those that one side has not are 0 there."""
    total: Totals = dict(one)
    for name, value in other.items():
        if isinstance(value, Mapping):
            total[name] = add_totals(one.get(name, {}), value)
        else:
            total[name] = one.get(name, 0) + value
    return total


def averages(totals: Mapping[str, Any]) -> dict[str, Optional[float]]:
    """Means of the sums; None where nothing was measured: the class measures without labels."""
    weights = totals["weights"]
    return {
        name: totals["sums"][name] / weights[over] if weights.get(over, 0) > 0 else None
        for name, over in _AVERAGED_OVER.items()
    }
