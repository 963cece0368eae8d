"""Operators that move elements without computing."""

from __future__ import annotations

import torch
import torch.nn.functional as functional

from ..user_error import UserError
from .table import integers, operator


@operator("Reshape")
def reshape(inputs, attributes):
    """0 in the target keeps the length of that axis, -1 takes what is left."""
    x = inputs[0]
    target = integers(inputs[1])
    if not attributes.get("allowzero", 0):
        target = [x.shape[axis] if each == 0 else each for axis, each in enumerate(target)]
    return x.reshape(target)


@operator("Unsqueeze")
def unsqueeze(inputs, attributes):
    """One axis of length 1 more."""
    x, axes = inputs
    (axis,) = integers(axes)
    return x.unsqueeze(axis)


@operator("Transpose")
def transpose(inputs, attributes):
    x = inputs[0]
    return x.permute(attributes.get("perm", list(range(x.dim()))[::-1]))


@operator("Concat")
def concat(inputs, attributes):
    return torch.cat(list(inputs), attributes["axis"])


@operator("Gather")
def gather(inputs, attributes):
    """Planes at the indices, whose shape takes the place of one axis; negative ones count back."""
    x, indices = inputs
    axis = attributes.get("axis", 0) % x.dim()
    places = torch.remainder(indices.long().flatten(), x.shape[axis])
    taken = x.index_select(axis, places)
    return taken.reshape(*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :])


@operator("GatherElements")
def gather_elements(inputs, attributes):
    x, indices = inputs
    axis = attributes.get("axis", 0)
    return x.gather(axis, torch.remainder(indices.long(), x.shape[axis]))


@operator("ScatterElements")
def scatter_elements(inputs, attributes):
    """Adds the updates at the indices; other reductions are not known."""
    if attributes.get("reduction", "none") != "add":
        raise UserError("ScatterElements: only the reduction add is known.")
    x, indices, updates = inputs
    axis = attributes.get("axis", 0)
    return x.scatter_add(axis, torch.remainder(indices.long(), x.shape[axis]), updates)


@operator("DepthToSpace")
def depth_to_space(inputs, attributes):
    """[N, b b C, H, W] -> [N, C, b H, b W], the pixel's place counting before the channel."""
    if attributes.get("mode", "DCR") != "DCR":
        raise UserError(f"DepthToSpace: only the mode DCR is known, not {attributes['mode']}.")
    x, block = inputs[0], attributes["blocksize"]
    batch, channels, height, width = x.shape
    blocks = x.reshape(batch, block, block, channels // block**2, height, width)
    pixels = blocks.permute(0, 3, 4, 1, 5, 2)
    return pixels.reshape(batch, channels // block**2, height * block, width * block)


@operator("SpaceToDepth")
def space_to_depth(inputs, attributes):
    """The inverse of DepthToSpace."""
    x, block = inputs[0], attributes["blocksize"]
    batch, channels, height, width = x.shape
    blocks = x.reshape(batch, channels, height // block, block, width // block, block)
    return blocks.permute(0, 3, 5, 1, 2, 4).reshape(
        batch, channels * block**2, height // block, width // block
    )


@operator("Expand")
def expand(inputs, attributes):
    """Broadcasts both ways: a length of 1 in the target keeps the longer axis."""
    x = inputs[0]
    return x.expand(torch.broadcast_shapes(x.shape, tuple(integers(inputs[1]))))


@operator("Shape")
def shape(inputs, attributes):
    lengths = list(inputs[0].shape)[attributes.get("start", 0) : attributes.get("end")]
    return torch.tensor(lengths, dtype=torch.int64)


@operator("Range")
def whole_numbers(inputs, attributes):
    start, end, step = (each.item() for each in inputs)
    return torch.arange(start, end, step, dtype=inputs[0].dtype)


@operator("Slice")
def slice_ranges(inputs, attributes):
    x, starts, ends, *rest = inputs
    first, last = integers(starts), integers(ends)
    axes = integers(rest[0]) if rest and rest[0] is not None else list(range(len(first)))
    steps = integers(rest[1]) if len(rest) > 1 and rest[1] is not None else [1] * len(first)
    for start, end, axis, step in zip(first, last, axes, steps):
        # Python's own slices clamp as ONNX's do.
        taken = range(x.shape[axis])[start:end:step]
        if step == 1:
            x = x.narrow(axis, taken.start, len(taken))
        else:
            x = x.index_select(axis, torch.tensor(list(taken), device=x.device))
    return x


@operator("Pad")
def pad(inputs, attributes):
    x, pads, *rest = inputs
    rank = x.dim()
    amounts = integers(pads)
    # torch counts from the last axis: [left, right, top, bottom, ..]
    backwards = [
        amount for axis in reversed(range(rank)) for amount in (amounts[axis], amounts[axis + rank])
    ]
    mode = attributes.get("mode", "constant")
    if mode == "constant":
        value = float(rest[0]) if rest and rest[0] is not None else 0.0
        return functional.pad(x, backwards, value=value)
    if mode == "edge" and rank == 4 and not any(backwards[4:]):
        return functional.pad(x, backwards[:4], mode="replicate")
    raise UserError(f"Pad: the mode {mode} of these axes is not known.")
