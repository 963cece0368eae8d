"""The moving average of the weights, as packages/core/src/training/moving-average.ts keeps it."""

from __future__ import annotations

from typing import Mapping

import torch
from torch import Tensor


def average_name(parameter: str) -> str:
    """Name of the average of a parameter, in checkpoints."""
    return f"{parameter}/average"


class MovingAverage:
    """
    :param values: parameters and running statistics that training changes, by name; their averages
        start there
    :param decay: below 1; in the first steps it is less, (1 + step) / (10 + step)
    """

    def __init__(self, values: Mapping[str, Tensor], decay: float):
        self._values = dict(values)
        self._decay = decay
        self.averages = {name: value.detach().clone() for name, value in values.items()}

    @torch.no_grad()
    def move(self, step: int) -> None:
        """Takes in what the parameters are after step `step`, counted from 1."""
        share = max(1 - self._decay, 9 / (step + 10))
        for name, average in self.averages.items():
            average.lerp_(self._values[name].detach(), share)

    @torch.no_grad()
    def load(self, state: Mapping[str, Tensor]) -> None:
        """Takes over averages by checkpoint name; those missing start at their parameter."""
        for name, average in self.averages.items():
            average.copy_(state.get(average_name(name), self._values[name].detach()))

    def state(self) -> dict[str, Tensor]:
        """Averages by checkpoint name."""
        return {average_name(name): average for name, average in self.averages.items()}
