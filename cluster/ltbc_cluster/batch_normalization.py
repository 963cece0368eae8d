"""Batch normalisation in training mode: the graph spells it out in plain operators, which are
recognised here and computed as one, over the pictures of this process or of all processes."""

from __future__ import annotations

from collections import Counter
from typing import Optional

import torch
import torch.distributed as distributed
from torch import Tensor

from .onnx_graph import Node, OnnxGraph

FUSED = "BatchNormalization (training, fused)"


def fuse_batch_normalization(graph: OnnxGraph) -> tuple[Node, ...]:
    """The graph's nodes with every spelled-out batch normalisation replaced by one FUSED node.

    Pattern (core's batchNormalizeTraining), with x [N, C, ..] and means over all axes but 1:
    ``mean = ReduceMean(x); centred = x - mean; variance = ReduceMean(centred * centred);
    output = centred * (Reshape(scale) / Sqrt(variance + epsilon)) + Reshape(bias)``.

    The FUSED node has inputs (x, scale, bias) and outputs (output, mean, variance), the last two
    [1, C, 1, ..] or [1, C], without gradient.
    """
    producer = {name: node for node in graph.nodes for name in node.outputs}
    users: dict[str, list[Node]] = {}
    for node in graph.nodes:
        for name in set(node.inputs):
            users.setdefault(name, []).append(node)
    replaced: set[int] = set()
    fused: dict[int, Node] = {}
    for node in graph.nodes:
        match = _match(node, producer, users, graph)
        if match is None:
            continue
        members, replacement = match
        replaced.update(id(member) for member in members)
        # In the place of the last member: all inputs are known there.
        fused[id(members[-1])] = replacement
    nodes: list[Node] = []
    for node in graph.nodes:
        if id(node) in fused:
            nodes.append(fused[id(node)])
        elif id(node) not in replaced:
            nodes.append(node)
    return _in_order(nodes, graph)


def _match(node, producer, users, graph) -> Optional[tuple[list[Node], Node]]:
    if node.operator != "ReduceMean" or not node.attributes.get("keepdims", 1):
        return None
    axes = graph.initializers.get(node.inputs[1])
    if axes is None or 0 not in axes.tolist() or 1 in axes.tolist():
        return None
    x, mean = node.inputs[0], node.outputs[0]

    def only(name: str, operator: str, *inputs: str) -> Optional[Node]:
        found = [
            user
            for user in users.get(name, [])
            if user.operator == operator and Counter(inputs) - Counter(user.inputs) == Counter()
        ]
        return found[0] if len(found) == 1 else None

    centred = only(mean, "Sub", x, mean)
    squares = centred and only(centred.outputs[0], "Mul", centred.outputs[0], centred.outputs[0])
    variance = squares and only(squares.outputs[0], "ReduceMean")
    shifted = variance and only(variance.outputs[0], "Add")
    deviation = shifted and only(shifted.outputs[0], "Sqrt")
    gain = deviation and only(deviation.outputs[0], "Div")
    scaled = gain and only(gain.outputs[0], "Mul", centred.outputs[0])
    output = scaled and only(scaled.outputs[0], "Add")
    if not output:
        return None
    epsilon = graph.initializers.get(_other(shifted, variance.outputs[0]))
    scale = producer.get(_other(gain, deviation.outputs[0]))
    bias = producer.get(_other(output, scaled.outputs[0]))
    if epsilon is None or not scale or not bias:
        return None
    if scale.operator != "Reshape" or bias.operator != "Reshape":
        return None
    members = [node, centred, squares, variance, shifted, deviation, gain, scaled, output]
    replacement = Node(
        FUSED,
        (x, scale.inputs[0], bias.inputs[0]),
        (output.outputs[0], mean, variance.outputs[0]),
        {"epsilon": float(epsilon)},
    )
    return members, replacement


def _other(node: Node, name: str) -> str:
    return node.inputs[1] if node.inputs[0] == name else node.inputs[0]


def _in_order(nodes: list[Node], graph: OnnxGraph) -> tuple[Node, ...]:
    """Moves nodes that read a FUSED node's statistics behind it."""
    made_by_nodes = {name for node in nodes for name in node.outputs}
    known: set[str] = set()
    ordered: list[Node] = []
    waiting = list(nodes)
    while waiting:
        later: list[Node] = []
        for node in waiting:
            if all(name in known or name not in made_by_nodes for name in node.inputs):
                known.update(node.outputs)
                ordered.append(node)
            else:
                later.append(node)
        waiting = later
    return tuple(ordered)


def batch_normalization(
    x: Tensor, scale: Tensor, bias: Tensor, epsilon: float, synchronized: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """Normalises x [N, C, ..] by mean and biased variance per channel.

    :param synchronized: over the pictures of all processes, which must have equally many
    :returns: output, mean and variance [1, C, 1, ..]
    """
    axes = [axis for axis in range(x.dim()) if axis != 1]
    with torch.no_grad():
        variance, mean = torch.var_mean(x.float(), axes, unbiased=False, keepdim=True)
    if synchronized:
        mean, variance = _over_all_processes(mean, variance)
        output = _SynchronizedNormalization.apply(x, scale, bias, mean, variance, epsilon)
        return output, mean, variance
    # torch.nn.functional's form refuses a single value per channel, which the graph does not.
    fast = torch.backends.cudnn.enabled
    output = torch.batch_norm(x, scale, bias, None, None, True, 0.0, epsilon, fast)
    return output, mean, variance


def _over_all_processes(mean: Tensor, variance: Tensor) -> tuple[Tensor, Tensor]:
    own = torch.stack([mean, variance])
    gathered = [torch.empty_like(own) for _ in range(distributed.get_world_size())]
    distributed.all_gather(gathered, own)
    means, variances = torch.stack(gathered).unbind(1)
    common = means.mean(0)
    # The variance of all is that within the processes plus that between them.
    return common, (variances + (means - common) ** 2).mean(0)


class _SynchronizedNormalization(torch.autograd.Function):
    """(x - mean) / sqrt(variance + epsilon) * scale + bias with statistics of all processes.

    Gradients of scale and bias are those of this process's pictures, since DistributedDataParallel
    averages them; the gradient of x takes the way through the statistics into account.
    """

    @staticmethod
    def forward(ctx, x, scale, bias, mean, variance, epsilon):
        inverse = torch.rsqrt(variance + epsilon)
        ctx.save_for_backward(x, scale, mean, inverse)
        gain = inverse * scale.view_as(inverse)
        return (x * gain + (bias.view_as(mean) - mean * gain)).to(x.dtype)

    @staticmethod
    def backward(ctx, dy):
        x, scale, mean, inverse = ctx.saved_tensors
        axes = [axis for axis in range(x.dim()) if axis != 1]
        dy = dy.float()
        normalized = (x - mean) * inverse
        sums = torch.stack(
            [dy.sum(axes, keepdim=True), (dy * normalized).sum(axes, keepdim=True)]
        )
        d_bias, d_scale = sums[0].flatten(), sums[1].flatten()
        if not ctx.needs_input_grad[0]:
            return None, d_scale, d_bias, None, None, None
        totals = sums.clone()
        distributed.all_reduce(totals)
        count = x.numel() // x.shape[1] * distributed.get_world_size()
        mean_dy, mean_dy_normalized = totals / count
        gain = inverse * scale.view_as(inverse)
        dx = gain * (dy - mean_dy - normalized * mean_dy_normalized)
        return dx.to(x.dtype), d_scale, d_bias, None, None, None
