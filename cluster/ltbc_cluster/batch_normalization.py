"""Batch normalisation in training mode: the graph spells it out in plain operators, which are
recognised here and computed as one, over the pictures of this process or of all processes."""

from __future__ import annotations

from typing import Sequence

import torch
import torch.distributed as distributed
from torch import Tensor

from .onnx_graph import Node, OnnxGraph, in_order
from .user_error import UserError

FUSED = "BatchNormalization (training, fused)"


def fuse_batch_normalization(graph: OnnxGraph) -> tuple[Node, ...]:
    """The graph's nodes with every spelled-out batch normalisation replaced by one FUSED node.

    Pattern (core's batchNormalizeTraining), with means over pixels, then pictures, each [C]:
    ``mean = Mean(x); centred = x - Reshape(mean); variance = Mean(centred * centred);
    gain = scale * (1 / Sqrt(variance + epsilon));
    output = BatchNormalization(centred, gain, bias, 0, 1)``.

    The FUSED node has inputs (x, scale, bias) and outputs (output, mean, variance), the last two
    [C], without gradient.
    """
    producer = {name: node for node in graph.nodes for name in node.outputs}
    replaced: set[int] = set()
    fused: dict[int, Node] = {}
    for node in graph.nodes:
        if node.operator != "BatchNormalization":
            continue
        try:
            members, replacement = _match(node, producer, graph)
        except _DifferentError:
            continue
        replaced.update(id(member) for member in members)
        # In the place of the last member: all inputs are known there.
        fused[id(members[-1])] = replacement
    nodes: list[Node] = []
    for node in graph.nodes:
        if id(node) in fused:
            nodes.append(fused[id(node)])
        elif id(node) not in replaced:
            nodes.append(node)
    return tuple(in_order(nodes))


class _DifferentError(Exception):
    """Nodes around a normalisation are not the pattern's."""


def _match(
    output: Node, producer: dict[str, Node], graph: OnnxGraph
) -> tuple[list[Node], Node]:
    members = [output]

    def source(name: str, operator: str) -> Node:
        node = producer.get(name)
        if node is None or node.operator != operator:
            raise _DifferentError
        members.insert(0, node)
        return node

    def mean_of(name: str) -> str:
        """Of which value `name` is the mean over all axes but 1."""
        over_pictures = source(name, "ReduceMean")
        before = producer.get(over_pictures.inputs[0])
        # A value without pixels is averaged over the pictures only.
        if before is None or before.operator != "ReduceMean":
            return over_pictures.inputs[0]
        return source(over_pictures.inputs[0], "ReduceMean").inputs[0]

    centred_name, gain_name, bias = output.inputs[:3]
    centred = source(centred_name, "Sub")
    x, mean = centred.inputs[0], source(centred.inputs[1], "Reshape").inputs[0]
    gain = source(gain_name, "Mul")
    deviation = source(source(gain.inputs[1], "Div").inputs[1], "Sqrt")
    shifted = source(deviation.inputs[0], "Add")
    variance = shifted.inputs[0]
    squares = source(mean_of(variance), "Mul")
    if mean_of(mean) != x or tuple(squares.inputs) != (centred_name, centred_name):
        raise _DifferentError
    replacement = Node(
        FUSED,
        (x, gain.inputs[0], bias),
        (output.outputs[0], mean, variance),
        {"epsilon": float(graph.initializers[shifted.inputs[1]])},
    )
    return members, replacement


def check_statistics(nodes: Sequence[Node], outputs: Sequence[str]) -> None:
    """Raises UserError if a running statistic follows from a normalisation that was not recognised.

    :param outputs: of the graph; `<statistic>/next` are those looked at
    """
    producer = {name: node for node in nodes for name in node.outputs}
    for output in outputs:
        if not output.endswith("/next"):
            continue
        # Statistics of batches, blended with the one so far: sums of products.
        pending, made_by = [output], set()
        while pending:
            node = producer.get(pending.pop())
            if node is None:
                continue
            if node.operator in ("Identity", "Add", "Mul"):
                pending.extend(node.inputs)
            else:
                made_by.add(node.operator)
        if made_by != {FUSED}:
            raise UserError(
                f"The batch normalisation that {output} belongs to is none that this runner knows. "
                "Use the runner and the `ltbc export-training` of the same version."
            )


def batch_normalization(
    x: Tensor, scale: Tensor, bias: Tensor, epsilon: float, synchronized: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """Normalises x [N, C, ..] by mean and biased variance per channel.

    :param synchronized: over the pictures of all processes, which must have equally many
    :returns: output, mean and variance [C]
    """
    axes = [axis for axis in range(x.dim()) if axis != 1]
    with torch.no_grad():
        variance, mean = torch.var_mean(x.float(), axes, unbiased=False, keepdim=True)
    if synchronized:
        mean, variance = _over_all_processes(mean, variance)
        output = _SynchronizedNormalization.apply(x, scale, bias, mean, variance, epsilon)
        return output, mean.flatten(), variance.flatten()
    # torch.nn.functional's form refuses a single value per channel, which the graph does not.
    fast = torch.backends.cudnn.enabled
    output = torch.batch_norm(x, scale, bias, None, None, True, 0.0, epsilon, fast)
    return output, mean.flatten(), variance.flatten()


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
