"""Runs an ONNX graph on torch tensors, node by node; autograd sees ordinary torch operations."""

from __future__ import annotations

from typing import Mapping, Optional, Sequence

import torch
from torch import Tensor

from .batch_normalization import FUSED, batch_normalization, fuse_batch_normalization
from .onnx_graph import Node, OnnxGraph
from .operators import operator_named
from .user_error import UserError


class GraphProgram:
    """A graph ready to run.

    :param feeds: names of initialisers that the caller passes to `run` instead, as parameters are
    :param synchronize: whether batch normalisation takes the pictures of all processes together
    """

    def __init__(self, graph: OnnxGraph, feeds: frozenset[str] = frozenset(), synchronize=False):
        self.outputs = graph.outputs
        self._synchronize = synchronize
        self._nodes = fuse_batch_normalization(graph)
        self._refuse_unknown(graph)
        self._last_use = self._find_last_uses()
        self._constants = {
            name: value for name, value in graph.initializers.items() if name not in feeds
        }
        #: Factors of enlargement, read by the host in every run.
        self._factors = {node.inputs[2] for node in self._nodes if node.operator == "Resize"}
        self._on_device: dict[torch.device, dict[str, Tensor]] = {}

    def run(self, feeds: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Computes all outputs. Feeds are on one device; constants follow them there."""
        device = next(iter(feeds.values())).device
        values: dict[str, Tensor] = {**self._constants_on(device), **feeds}
        for index, node in enumerate(self._nodes):
            inputs = [values[name] if name else None for name in node.inputs]
            if node.operator == FUSED:
                results = batch_normalization(
                    inputs[0],
                    inputs[1],
                    inputs[2],
                    epsilon=node.attributes["epsilon"],
                    synchronized=self._synchronize,
                )
            else:
                function = operator_named(node.operator)
                results = (function(_together(inputs), node.attributes),)
            values.update(zip(node.outputs, results))
            for name in self._last_use.get(index, ()):
                # What autograd still needs it keeps itself.
                values.pop(name, None)
        return {name: values[name] for name in self.outputs}

    def _refuse_unknown(self, graph: OnnxGraph) -> None:
        for node in self._nodes:
            if node.operator != FUSED:
                operator_named(node.operator)
            if self._synchronize and _mixes_pictures(node, graph):
                raise UserError(
                    f"The graph takes a mean over the pictures of a batch ({node.outputs[0]}) that "
                    "is no batch normalisation known here: use --batch-norm local."
                )

    def _find_last_uses(self) -> dict[int, list[str]]:
        last = {name: index for index, node in enumerate(self._nodes) for name in node.inputs}
        uses: dict[int, list[str]] = {}
        for name, index in last.items():
            if name and name not in self.outputs:
                uses.setdefault(index, []).append(name)
        return uses

    def _constants_on(self, device: torch.device) -> dict[str, Tensor]:
        if device not in self._on_device:
            self._on_device[device] = {
                name: value if self._on_host(name, value) else value.to(device)
                for name, value in self._constants.items()
            }
        return self._on_device[device]

    def _on_host(self, name: str, value: Tensor) -> bool:
        """Shapes, axes and factors are read by the host; torch takes scalars from anywhere."""
        return not value.is_floating_point() or value.dim() == 0 or name in self._factors


def _together(inputs: Sequence[Optional[Tensor]]) -> list[Optional[Tensor]]:
    """Tensors that the host computed from lengths join those on the device."""
    device = next((each.device for each in inputs if each is not None and not each.is_cpu), None)
    if device is None:
        return list(inputs)
    return [
        each.to(device) if each is not None and each.dim() > 0 and each.is_floating_point() else each
        for each in inputs
    ]


def _mixes_pictures(node: Node, graph: OnnxGraph) -> bool:
    if node.operator not in ("ReduceMean", "ReduceSum") or len(node.inputs) < 2:
        return False
    axes = graph.initializers.get(node.inputs[1])
    return axes is not None and 0 in axes.tolist()
