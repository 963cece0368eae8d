"""torch.optim by the names and numbers of an exported run, and its state by checkpoint names."""

from __future__ import annotations

from typing import Any, Mapping

import torch
from torch import Tensor, nn

#: torch's name of every state tensor that checkpoints hold as `<parameter>/<name>`.
_STATE_NAMES = {
    "momentum": "momentum_buffer",
    "first_moment": "exp_avg",
    "second_moment": "exp_avg_sq",
    "square_average": "square_avg",
    "accumulated_delta": "acc_delta",
}


class Optimizer:
    """
    :param options: `optimizer` of the export, with every number spelled out
    :param factors: of the learning rate, by parameter name
    """

    def __init__(
        self,
        options: Mapping[str, Any],
        parameters: Mapping[str, nn.Parameter],
        factors: Mapping[str, float],
    ):
        self._parameters = dict(parameters)
        self._kinds = list(options["state"])
        groups: dict[float, list[nn.Parameter]] = {}
        for name, parameter in self._parameters.items():
            groups.setdefault(factors[name], []).append(parameter)
        self._factors = list(groups)
        self._optimizer = _create(options, [{"params": group} for group in groups.values()])
        self.load({}, 0)

    def step(self, learning_rate: float) -> None:
        for group, factor in zip(self._optimizer.param_groups, self._factors):
            group["lr"] = factor * learning_rate
        self._optimizer.step()

    def zero_grad(self) -> None:
        self._optimizer.zero_grad(set_to_none=True)

    def state(self) -> dict[str, Tensor]:
        """State tensors by checkpoint name."""
        return {
            f"{name}/{kind}": self._optimizer.state[parameter][_STATE_NAMES[kind]]
            for name, parameter in self._parameters.items()
            for kind in self._kinds
        }

    def load(self, state: Mapping[str, Tensor], steps: int) -> None:
        """Takes over state tensors by checkpoint name; those missing start at zero.

        :param steps: steps already made
        """
        for name, parameter in self._parameters.items():
            own: dict[str, Tensor] = {"step": torch.tensor(float(steps))}
            for kind in self._kinds:
                value = torch.zeros_like(parameter, memory_format=torch.preserve_format)
                known = state.get(f"{name}/{kind}")
                if known is not None:
                    value.copy_(known)
                own[_STATE_NAMES[kind]] = value
            self._optimizer.state[parameter] = own


def _create(options: Mapping[str, Any], parameters: list[dict[str, Any]]) -> torch.optim.Optimizer:
    kind = options["type"]
    decay = options["weightDecay"]
    if kind == "sgd":
        return torch.optim.SGD(
            parameters, lr=1.0, momentum=options["momentum"], weight_decay=decay
        )
    if kind == "adadelta":
        return torch.optim.Adadelta(
            parameters, lr=1.0, rho=options["rho"], eps=options["epsilon"], weight_decay=decay
        )
    create = torch.optim.AdamW if kind == "adamw" else torch.optim.Adam
    return create(
        parameters,
        lr=1.0,
        betas=(options["beta1"], options["beta2"]),
        eps=options["epsilon"],
        weight_decay=decay,
    )
