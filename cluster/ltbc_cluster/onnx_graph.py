"""Reads an ONNX file into plain Python: nodes in order, and initialisers as tensors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Iterable, Sequence

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from .user_error import UserError


@dataclass(frozen=True)
class Node:
    """One operation. An input that is left out is an empty name."""

    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class OnnxGraph:
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    nodes: tuple[Node, ...]
    initializers: dict[str, torch.Tensor]


def dependencies(nodes: Sequence[Node], outputs: Iterable[str]) -> set[str]:
    """Names of all values that outputs are computed from, and theirs.

    :param nodes: in an order in which they can be computed
    """
    used = set(outputs)
    for node in reversed(nodes):
        if used.intersection(node.outputs):
            used.update(node.inputs)
    return used


def in_order(nodes: Iterable[Node]) -> list[Node]:
    """The nodes, each moved behind those that it reads from."""
    waiting = list(nodes)
    made_by_nodes = {name for node in waiting for name in node.outputs}
    known: set[str] = set()
    ordered: list[Node] = []
    while waiting:
        later: list[Node] = []
        for node in waiting:
            if all(name in known or name not in made_by_nodes for name in node.inputs):
                known.update(node.outputs)
                ordered.append(node)
            else:
                later.append(node)
        if len(later) == len(waiting):
            raise ValueError(f"{later[0].outputs[0]} depends on itself")
        waiting = later
    return ordered


def read_graph(path: str) -> OnnxGraph:
    """Reads a file. Raises UserError if it is missing or no ONNX model."""
    try:
        model = onnx.load(path)
    except FileNotFoundError:
        raise UserError(
            f"There is no file {path}: write it with `ltbc export-training <preset> -o {path}`."
        ) from None
    except Exception as error:  # protobuf raises its own types
        raise UserError(f"{path} is no ONNX model ({error}).") from None
    return graph_of(model)


def graph_of(model: onnx.ModelProto) -> OnnxGraph:
    graph = model.graph
    initializers = {each.name: _tensor(each) for each in graph.initializer}
    return OnnxGraph(
        inputs=tuple(each.name for each in graph.input if each.name not in initializers),
        outputs=tuple(each.name for each in graph.output),
        nodes=tuple(
            Node(each.op_type, tuple(each.input), tuple(each.output), _attributes(each))
            for each in graph.node
        ),
        initializers=initializers,
    )


def _tensor(proto: onnx.TensorProto) -> torch.Tensor:
    # Copied: the arrays of numpy_helper are read-only views into the file's bytes.
    return torch.from_numpy(np.array(numpy_helper.to_array(proto)))


def _attributes(node: onnx.NodeProto) -> dict[str, Any]:
    attributes = {}
    for attribute in node.attribute:
        value = onnx.helper.get_attribute_value(attribute)
        attributes[attribute.name] = value.decode() if isinstance(value, bytes) else value
    return attributes
