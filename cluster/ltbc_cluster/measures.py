"""Named measures, their means and the one that chooses the best model, as the export names them
(packages/core/src/objective/measures.ts); and running sums of them as checkpoints keep them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Mapping, Optional, Sequence

#: Weight 1 for every picture.
ALL_PICTURES = "pictures"

#: By the name of the measure; None if no picture counted for it.
Averages = dict[str, Optional[float]]
Totals = dict[str, Any]


@dataclass(frozen=True)
class Measures:
    """`objective` of an export: what is measured, in the order in which it is shown."""

    all: Sequence[Mapping[str, Any]]
    #: {"measure": name, "better": "lower" or "higher"}
    selection: Mapping[str, str]

    @property
    def of_training(self) -> list[Mapping[str, Any]]:
        """Those that training steps report, too."""
        return [each for each in self.all if not each.get("validationOnly", False)]

    @property
    def selecting(self) -> Mapping[str, Any]:
        """The one that chooses the best model."""
        return next(each for each in self.all if each["name"] == self.selection["measure"])

    @property
    def others(self) -> list[Mapping[str, Any]]:
        return [each for each in self.all if each["name"] != self.selection["measure"]]

    def is_better(self, value: float, best: float) -> bool:
        return value < best if self.selection["better"] == "lower" else value > best


def averages(measures: Sequence[Mapping[str, Any]], totals: Mapping[str, Any]) -> Averages:
    """Means of sums; None where no picture counted."""
    means: Averages = {}
    for measure in measures:
        name = measure["name"]
        weight = totals["weights"].get(measure["averagedOver"], 0)
        if weight <= 0:
            means[name] = None
            continue
        mean = totals["sums"].get(name, 0) / weight
        means[name] = math.sqrt(mean) if measure.get("root", False) and mean >= 0 else mean
    return means


def measure_text(measure: Mapping[str, Any], value: Optional[float]) -> str:
    """The number as it is shown, `0.01234` or `25.0 %`; `-` for None."""
    if value is None:
        return "-"
    digits = measure["digits"]
    return f"{100 * value:.{digits}f} %" if measure.get("percentage") else f"{value:.{digits}f}"


def labelled_texts(
    measures: Sequence[Mapping[str, Any]], means: Mapping[str, Any]
) -> list[str]:
    """`colour 0.01234` for each measure that has a value."""
    return [
        f"{each['label']} {measure_text(each, means[each['name']])}"
        for each in measures
        if means.get(each["name"]) is not None
    ]


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
