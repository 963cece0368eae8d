"""One optimisation step and the evaluation, on this process's slice of the batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Optional

import numpy as np
import torch
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel

from .lab import rgb_to_lab
from .measures import ALL_PICTURES
from .moving_average import MovingAverage
from .network import Network
from .optimizer import Optimizer
from .processes import Processes
from .random_numbers import random_uint32, random_uniform_tensor
from .training_export import TrainingExport
from .user_error import UserError


@dataclass(frozen=True)
class Precision:
    """bf16: convolutions and matrix products of the network in bfloat16, all else in float32."""

    bf16: bool
    channels_last: bool


class TrainableNetwork:
    """
    :param configuration: RunConfiguration of the run, which may differ from the export's in what a
        resumed run may change
    :param synchronize: batch normalisation over the pictures of all processes
    """

    def __init__(
        self,
        export: TrainingExport,
        configuration: Mapping[str, Any],
        processes: Processes,
        precision: Precision,
        synchronize: bool,
    ):
        self._configuration = configuration
        self._processes = processes
        self._precision = precision
        several = processes.world_size > 1
        self._averages_statistics = several and not synchronize
        self._network = Network(
            export, several and synchronize, processes.world_size, processes.sum
        ).to(processes.device)
        if precision.channels_last:
            self._network.to(memory_format=torch.channels_last)
        self._parameters = self._network.trained()
        specifications = export.description["parameters"]
        factors = {each["name"]: each["learningRateFactor"] for each in specifications}
        self._optimizer = Optimizer(export.description["optimizer"], self._parameters, factors)
        decay = configuration["movingAverage"]
        changed = [*self._parameters, *self._network.statistics]
        self._average: Optional[MovingAverage] = None
        if decay > 0:
            self._average = MovingAverage(
                {name: self._network.tensor(name) for name in changed}, decay
            )
        self._parallel: torch.nn.Module = self._network
        if several:
            cuda = processes.device.type == "cuda"
            self._parallel = DistributedDataParallel(
                self._network,
                device_ids=[processes.local_rank] if cuda else None,
                # Running statistics are kept equal here (see average_statistics).
                broadcast_buffers=False,
                gradient_as_bucket_view=True,
            )

    @property
    def evaluated(self) -> tuple[str, ...]:
        """Names of what `evaluate` gives."""
        return self._network.evaluated

    def step(
        self, luminance: Tensor, ab: Tensor, labels: Tensor, rate: float, step: int
    ) -> Tensor:
        """One optimizer step; its measures on the device, for `totals`.

        :param luminance: [n, 1, H, W] of this process
        :param ab: [n, 2, H, W] in CIELAB units
        :param labels: int64 [n]
        :param step: from 1
        """
        batch = self._batch(luminance, ab, labels)
        noise = self._noise(step, len(luminance), luminance.shape[-1])
        loss, measured = self._parallel(batch, noise, self._precision.bf16)
        self._optimizer.zero_grad()
        loss.backward()
        norm = self._clip()
        self._optimizer.step(rate)
        if self._average:
            self._average.move(step)
        return torch.cat([measured, norm.reshape(1).float()])

    def totals(self, measures: Tensor, pictures: int) -> dict[str, Any]:
        """What steps measured, summed over all processes, as checkpoints keep it; waits for the
        device.

        :param measures: results of `step`, added up
        :param pictures: of all processes together
        """
        *sums, norm = self._processes.sum_on_host(measures.double().tolist())
        totals = by_kind(dict(zip(self._network.measured, sums)), "/sum", "/weight")
        totals["weights"][ALL_PICTURES] = pictures
        return {**totals, "gradientNorm": norm / self._processes.world_size}

    def evaluate(self, luminance: Tensor, ab: Tensor, labels: Tensor) -> dict[str, float]:
        """Sums over this process's pictures: of `<measure>/values` and `<weight>/weights`."""
        averages = self._average.averages if self._average else {}
        results = self._network.evaluate(
            self._batch(luminance, ab, labels), averages, self._precision.bf16
        )
        sums = torch.stack([results[name].double().sum() for name in self.evaluated])
        return dict(zip(self.evaluated, sums.tolist()))

    def to_lab(self, rgb: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Moves a batch (uint8 [n, H, W, 3], int64 [n]) to the device and converts it there."""
        device = self._processes.device
        luminance, ab = rgb_to_lab(rgb.to(device, non_blocking=True))
        return luminance, ab, labels.to(device, non_blocking=True)

    @torch.no_grad()
    def average_statistics(self) -> None:
        """Makes running statistics equal in all processes: their mean, where batch normalisation
        looks at the process's own pictures. Call in all processes before evaluating or saving."""
        if not self._averages_statistics:
            return
        averages = self._average.averages if self._average else {}
        for name in self._network.statistics:
            for statistic in (self._network.tensor(name), averages.get(name)):
                if statistic is not None:
                    self._processes.sum(statistic).div_(self._processes.world_size)

    def read_state(self) -> dict[str, np.ndarray]:
        """Parameters, then optimizer state, then moving averages, float32 in host memory."""
        names = [each["name"] for each in self._network.specifications]
        tensors = {name: self._network.tensor(name) for name in names}
        tensors.update(self._optimizer.state())
        if self._average:
            tensors.update(self._average.state())
        return {
            name: value.detach().to("cpu", torch.float32).contiguous().numpy()
            for name, value in tensors.items()
        }

    @torch.no_grad()
    def load_state(self, state: Mapping[str, np.ndarray], steps: int) -> None:
        """Takes over a checkpoint. Raises UserError if it belongs to another network."""
        for each in self._network.specifications:
            known = state.get(each["name"])
            if known is None or list(known.shape) != each["shape"]:
                found = "none" if known is None else f"one of shape {list(known.shape)}"
                raise UserError(
                    f"Expected a parameter {each['name']} of shape {each['shape']} but the "
                    f"checkpoint has {found}: export the graph with the run's preset and classes."
                )
            self._network.tensor(each["name"]).copy_(torch.tensor(known))
        tensors = {name: torch.tensor(value) for name, value in state.items()}
        self._optimizer.load(tensors, steps)
        if self._average:
            self._average.load(tensors)

    def _clip(self) -> Tensor:
        """The gradient's L2 norm; afterwards it is at most the run's limit."""
        gradients = [each.grad for each in self._parameters.values()]
        norm = torch.stack([torch.linalg.vector_norm(each) for each in gradients]).norm()
        limit = self._configuration["clipNorm"]
        if limit > 0:
            factor = torch.clamp(limit / (norm + 1e-6), max=1.0)
            for gradient in gradients:
                gradient.mul_(factor)
        return norm

    def _noise(self, step: int, pictures: int, crop: int) -> dict[str, Tensor]:
        """Random numbers as `ltbc train` draws them, for this process's part of the batch."""
        seed = int(random_uint32(self._configuration["seed"], step))
        first = self._processes.rank * pictures
        device = self._processes.device
        result = {}
        for index, each in enumerate(self._network.noise(crop)):
            shape = [pictures, *each["shape"][1:]]
            size = int(np.prod(shape[1:]))
            values = random_uniform_tensor(seed, index, first * size, pictures * size, device)
            result[each["name"]] = values.reshape(shape)
        return result

    def _batch(self, luminance: Tensor, ab: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """A network without classes takes no labels."""
        if self._configuration["network"]["classes"] == 0:
            labels = torch.full_like(labels, -1)
        if self._precision.channels_last:
            luminance = luminance.contiguous(memory_format=torch.channels_last)
        return {"luminance": luminance, "ab": ab, "labels": labels}


def by_kind(results: Mapping[str, float], measure: str, weight: str) -> dict[str, Any]:
    """Sums and weights by name, from names that end as told."""
    return {
        kind: {
            name[: -len(ending)]: value for name, value in results.items() if name.endswith(ending)
        }
        for kind, ending in (("sums", measure), ("weights", weight))
    }
