"""Runs an ONNX graph on torch tensors, node by node; autograd sees ordinary torch operations."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import Callable, Mapping, Optional, Sequence

import torch
from torch import Tensor

from .batch_normalization import (
    FUSED,
    batch_normalization,
    check_statistics,
    fuse_batch_normalization,
)
from .onnx_graph import Node, OnnxGraph, dependencies, in_order
from .operators import HOST_INPUTS, operator_named
from .user_error import UserError

#: Sums a value over the processes of a run; no gradient passes.
SUMMED = "Sum over all processes"


@dataclass(frozen=True)
class NetworkBoundary:
    """The part of a graph that may be computed with fewer bits: `network` of an export."""

    input: str
    outputs: tuple[str, ...]


class GraphProgram:
    """A graph ready to run.

    :param boundary: where the network begins and ends
    :param feeds: names of initialisers that the caller passes to `run` instead, as parameters are
    :param synchronize: whether batch normalisation takes the pictures of all processes together
    :param totals: weights whose sum over all processes the graph takes as `<weight>/total`, where it
        gives that over its own pictures as `<weight>/weight`
    :param sum_over_processes: makes the one from the other
    """

    def __init__(
        self,
        graph: OnnxGraph,
        boundary: NetworkBoundary,
        feeds: frozenset[str] = frozenset(),
        synchronize: bool = False,
        totals: Sequence[str] = (),
        sum_over_processes: Callable[[Tensor], Tensor] = lambda value: value,
    ):
        self.outputs = graph.outputs
        self._synchronize = synchronize
        self._sum_over_processes = sum_over_processes
        self._boundary = boundary
        sums = [Node(SUMMED, (f"{each}/weight",), (f"{each}/total",)) for each in totals]
        nodes = in_order([*fuse_batch_normalization(graph), *sums])
        check_statistics(nodes, graph.outputs)
        self._before, self._network, self._after = parts_of(nodes, boundary)
        self._refuse_unknown(graph)
        self._last_use = self._find_last_uses()
        self._constants = {
            name: value for name, value in graph.initializers.items() if name not in feeds
        }
        self._read_by_host = {
            node.inputs[position]
            for node in nodes
            for position in HOST_INPUTS.get(node.operator, ())
            if position < len(node.inputs)
        }
        self._on_device: dict[torch.device, dict[str, Tensor]] = {}

    def run(self, feeds: Mapping[str, Tensor], bf16: bool = False) -> dict[str, Tensor]:
        """Computes all outputs. Feeds are on one device; constants follow them there.

        :param bf16: the network under bf16 autocast; what comes before and behind it is float32
        """
        device = next(iter(feeds.values())).device
        values: dict[str, Tensor] = {**self._constants_on(device), **feeds}
        self._compute(self._before, values)
        with torch.autocast(device.type, torch.bfloat16) if bf16 else nullcontext():
            self._compute(self._network, values)
        if bf16:
            values.update({name: values[name].float() for name in self._boundary.outputs})
        self._compute(self._after, values)
        return {name: values[name] for name in self.outputs}

    def _compute(self, nodes: Sequence[Node], values: dict[str, Tensor]) -> None:
        for node in nodes:
            inputs = [values[name] if name else None for name in node.inputs]
            if node.operator == FUSED:
                results = batch_normalization(
                    inputs[0],
                    inputs[1],
                    inputs[2],
                    epsilon=node.attributes["epsilon"],
                    synchronized=self._synchronize,
                )
            elif node.operator == SUMMED:
                results = (self._sum_over_processes(inputs[0].detach().clone()),)
            else:
                function = operator_named(node.operator)
                results = (function(_together(node, inputs), node.attributes),)
            values.update(zip(node.outputs, results))
            for name in self._last_use.get(node.outputs[0], ()):
                # What autograd still needs it keeps itself.
                values.pop(name, None)

    def _refuse_unknown(self, graph: OnnxGraph) -> None:
        for node in (*self._before, *self._network, *self._after):
            if node.operator not in (FUSED, SUMMED):
                operator_named(node.operator)
        for node in self._network:
            if self._synchronize and _mixes_pictures(node, graph):
                raise UserError(
                    f"The network takes a mean over the pictures of a batch ({node.outputs[0]}) that "
                    "is no batch normalisation known here: use --batch-norm local."
                )

    def _find_last_uses(self) -> dict[str, list[str]]:
        """By a node's first output: values that no later node reads."""
        last: dict[str, str] = {}
        for node in (*self._before, *self._network, *self._after):
            last.update(dict.fromkeys(node.inputs, node.outputs[0]))
        kept = {*self.outputs, *self._boundary.outputs}
        uses: dict[str, list[str]] = {}
        for name, reader in last.items():
            if name and name not in kept:
                uses.setdefault(reader, []).append(name)
        return uses

    def _constants_on(self, device: torch.device) -> dict[str, Tensor]:
        if device not in self._on_device:
            self._on_device[device] = {
                name: value if self._on_host(name, value) else value.to(device)
                for name, value in self._constants.items()
            }
        return self._on_device[device]

    def _on_host(self, name: str, value: Tensor) -> bool:
        """What the host reads stays there; torch takes scalars from anywhere."""
        return value.dim() == 0 or name in self._read_by_host


def parts_of(
    nodes: Sequence[Node], boundary: NetworkBoundary
) -> tuple[list[Node], list[Node], list[Node]]:
    """Nodes in front of the network, its own, and those behind it, each in order."""
    into = dependencies(nodes, [boundary.input])
    used = dependencies(nodes, boundary.outputs)
    before: list[Node] = []
    network: list[Node] = []
    after: list[Node] = []
    computed: set[str] = set()
    for node in nodes:
        if used.intersection(node.outputs) and not into.intersection(node.outputs):
            place = network
        else:
            place = after if computed.intersection(node.inputs) else before
        if place is not before:
            computed.update(node.outputs)
        place.append(node)
    return before, network, after


def _together(node: Node, inputs: Sequence[Optional[Tensor]]) -> list[Optional[Tensor]]:
    """Tensors that the host made from lengths, or reads elsewhere, join those on the device."""
    device = next((each.device for each in inputs if each is not None and not each.is_cpu), None)
    if device is None:
        return list(inputs)
    on_host = HOST_INPUTS.get(node.operator, ())
    return [
        each.to(device) if each is not None and each.dim() > 0 and index not in on_host else each
        for index, each in enumerate(inputs)
    ]


def _mixes_pictures(node: Node, graph: OnnxGraph) -> bool:
    if node.operator not in ("ReduceMean", "ReduceSum"):
        return False
    axes = graph.initializers.get(node.inputs[1]) if len(node.inputs) > 1 else None
    return axes is None or 0 in axes.tolist()
