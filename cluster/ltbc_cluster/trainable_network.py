"""One optimisation step and the evaluation, on this process's slice of the batch."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import Mapping, Optional

import numpy as np
import torch
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel

from .lab import rgb_to_lab
from .loss import loss_terms, normalized_target, total_loss
from .network import Network
from .optimizer import Optimizer
from .processes import Processes
from .random_numbers import random_uint32, random_uniform
from .training_export import TrainingExport
from .user_error import UserError

#: What a step measures, in the order of its result: sums over the process's pictures, and the
#: gradient's norm before clipping (of all processes together).
STEP_MEASURES = ("color_loss", "class_loss", "correct", "gradient_norm")
#: Sums of an evaluation, in order.
EVALUATION_MEASURES = (
    "color_loss",
    "ab_squared_error",
    "class_loss",
    "correct",
    "labelled",
    "count",
)


@dataclass(frozen=True)
class Precision:
    """bf16: convolutions and matrix products in bfloat16, parameters and the rest in float32."""

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
        configuration: dict,
        processes: Processes,
        precision: Precision,
        synchronize: bool,
    ):
        self._description = export.description
        self._configuration = configuration
        self._processes = processes
        self._precision = precision
        several = processes.world_size > 1
        self._averages_statistics = several and not synchronize
        self._network = Network(export, synchronize=several and synchronize).to(processes.device)
        if precision.channels_last:
            self._network.to(memory_format=torch.channels_last)
        self._parameters = self._network.trained()
        self._optimizer = Optimizer(self._description["optimizer"], self._parameters)
        self._parallel: torch.nn.Module = self._network
        if several:
            cuda = processes.device.type == "cuda"
            self._parallel = DistributedDataParallel(
                self._network,
                device_ids=[processes.local_rank] if cuda else None,
                # Running statistics are kept equal here (see _average_statistics).
                broadcast_buffers=False,
                gradient_as_bucket_view=True,
            )

    def step(
        self, luminance: Tensor, ab: Tensor, labels: Tensor, labelled: float, rate: float, step: int
    ) -> Tensor:
        """One optimizer step; returns STEP_MEASURES as one tensor on the device.

        :param luminance: [n, 1, H, W] of this process
        :param ab: [n, 2, H, W] in CIELAB units
        :param labels: int64 [n]
        :param labelled: labelled pictures of the whole batch
        :param step: from 1
        """
        self._network.train()
        noise = self._noise(step, len(luminance))
        with self._autocast():
            chroma, logits = self._parallel(self._arranged(luminance), noise)
        target = normalized_target(ab, self._description["target"])
        loss = self._configuration["loss"]
        terms = loss_terms(chroma, target, logits, labels, loss["reduction"])
        share = max(labelled, 1.0) / self._processes.world_size
        total, _, _ = total_loss(terms, loss["alpha"], share)
        self._optimizer.zero_grad()
        total.backward()
        norm = self._clip()
        self._optimizer.step(rate)
        sums = (terms.color.sum(), terms.cross_entropy.sum(), terms.correct.sum(), norm)
        return torch.stack([each.detach().float() for each in sums])

    @torch.no_grad()
    def evaluate(self, luminance: Tensor, ab: Tensor, labels: Tensor) -> Tensor:
        """EVALUATION_MEASURES of this process's pictures as one tensor on the device, float64."""
        self._network.eval()
        with self._autocast():
            chroma, logits = self._network(self._arranged(luminance))
        target = normalized_target(ab, self._description["target"])
        reduction = self._configuration["loss"]["reduction"]
        terms = loss_terms(chroma, target, logits, labels, reduction)
        scale = self._description["target"]["scale"]
        sums = (
            terms.color.sum(),
            terms.squared_error.sum() * scale**2,
            terms.cross_entropy.sum(),
            terms.correct.sum(),
            terms.labelled.sum(),
            torch.tensor(len(labels), device=labels.device),
        )
        return torch.stack([each.double() for each in sums])

    def to_lab(self, rgb: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Moves a batch (uint8 [n, H, W, 3], int64 [n]) to the device and converts it there.

        A network without classes takes no labels.
        """
        device = self._processes.device
        luminance, ab = rgb_to_lab(rgb.to(device, non_blocking=True))
        if self._description["outputs"]["logits"] is None:
            labels = torch.full_like(labels, -1)
        return luminance, ab, labels.to(device, non_blocking=True)

    def average_statistics(self) -> None:
        """Makes running statistics equal in all processes: their mean, where batch normalisation
        looks at the process's own pictures. Call in all processes before evaluating or saving."""
        if not self._averages_statistics:
            return
        for buffer in self._network.buffers():
            self._processes.sum(buffer).div_(self._processes.world_size)

    def read_state(self) -> dict[str, np.ndarray]:
        """Parameters, then optimizer state, float32 in host memory."""
        names = [each["name"] for each in self._network.specifications]
        tensors = {name: self._network.tensor(name) for name in names}
        tensors.update(self._optimizer.state())
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

    def _noise(self, step: int, pictures: int) -> Optional[dict[str, Tensor]]:
        """Dropout noise as `ltbc train` draws it, for this process's part of the batch."""
        if not self._network.noise:
            return None
        seed = int(random_uint32(self._configuration["seed"], step))
        first = self._processes.rank * pictures
        result = {}
        for index, each in enumerate(self._network.noise):
            shape = [pictures, *each["shape"][1:]]
            size = int(np.prod(shape[1:]))
            elements = np.arange(first * size, (first + pictures) * size)
            values = random_uniform(seed, index, elements).astype(np.float32)
            tensor = torch.from_numpy(values).reshape(shape)
            result[each["name"]] = tensor.to(self._processes.device, non_blocking=True)
        return result

    def _arranged(self, luminance: Tensor) -> Tensor:
        if self._precision.channels_last:
            return luminance.contiguous(memory_format=torch.channels_last)
        return luminance

    def _autocast(self):
        if not self._precision.bf16:
            return nullcontext()
        return torch.autocast(self._processes.device.type, torch.bfloat16)
