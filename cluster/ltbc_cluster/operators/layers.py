"""Convolutions, matrix products, pooling, resizing and reductions."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as functional

from ..user_error import UserError
from .table import integers, operator


def _plain_auto_pad(attributes: dict, name: str) -> None:
    if attributes.get("auto_pad", "NOTSET") != "NOTSET":
        raise UserError(f"{name}: only explicit pads are known, not {attributes['auto_pad']}.")


@operator("Conv")
def convolution(inputs, attributes):
    """x [N, C, H, W], weight [D, C, kh, kw], bias [D] -> [N, D, H', W']."""
    _plain_auto_pad(attributes, "Conv")
    x, weight, *bias = inputs
    top, left, bottom, right = attributes.get("pads", [0, 0, 0, 0])
    padding = (top, left)
    if (top, left) != (bottom, right):
        x = functional.pad(x, (left, right, top, bottom))
        padding = (0, 0)
    return functional.conv2d(
        x,
        weight,
        bias[0] if bias else None,
        stride=tuple(attributes.get("strides", [1, 1])),
        padding=padding,
        dilation=tuple(attributes.get("dilations", [1, 1])),
        groups=attributes.get("group", 1),
    )


@operator("ConvTranspose")
def transposed_convolution(inputs, attributes):
    """x [N, C, H, W], weight [C, D, kh, kw], bias [D] -> [N, D, H', W']."""
    _plain_auto_pad(attributes, "ConvTranspose")
    x, weight, *bias = inputs
    top, left, bottom, right = attributes.get("pads", [0, 0, 0, 0])
    common = (min(top, bottom), min(left, right))
    result = functional.conv_transpose2d(
        x,
        weight,
        bias[0] if bias else None,
        stride=tuple(attributes.get("strides", [1, 1])),
        padding=common,
        output_padding=tuple(attributes.get("output_padding", [0, 0])),
        dilation=tuple(attributes.get("dilations", [1, 1])),
        groups=attributes.get("group", 1),
    )
    height, width = result.shape[2:]
    return result[
        :,
        :,
        top - common[0] : height - (bottom - common[0]),
        left - common[1] : width - (right - common[1]),
    ]


@operator("MatMul")
def matrix_product(inputs, attributes):
    """In full precision also under autocast: the builder makes the global image with it."""
    a, b = inputs
    with torch.autocast(a.device.type, enabled=False):
        return torch.matmul(a, b)


@operator("Gemm")
def gemm(inputs, attributes):
    """alpha op(a) op(b) + beta c."""
    a, b, *c = inputs
    if attributes.get("transA", 0):
        a = a.t()
    alpha, beta = attributes.get("alpha", 1.0), attributes.get("beta", 1.0)
    weight = b if attributes.get("transB", 0) else b.t()
    if c and c[0] is not None and c[0].dim() == 1 and alpha == 1 and beta == 1:
        return functional.linear(a, weight, c[0])
    product = functional.linear(a, weight)
    product = product if alpha == 1 else alpha * product
    return product + beta * c[0] if c and c[0] is not None else product


@operator("AveragePool")
def average_pool(inputs, attributes):
    _plain_auto_pad(attributes, "AveragePool")
    kernel = tuple(attributes["kernel_shape"])
    top, left, bottom, right = attributes.get("pads", [0, 0, 0, 0])
    if (top, left) != (bottom, right) or attributes.get("ceil_mode", 0):
        raise UserError("AveragePool: only equal pads on opposite sides are known.")
    return functional.avg_pool2d(
        inputs[0],
        kernel,
        stride=tuple(attributes.get("strides", [1, 1])),
        padding=(top, left),
        count_include_pad=bool(attributes.get("count_include_pad", 0)),
    )


@operator("MaxPool")
def max_pool(inputs, attributes):
    _plain_auto_pad(attributes, "MaxPool")
    if attributes.get("ceil_mode", 0) or set(attributes.get("dilations", [1])) != {1}:
        raise UserError("MaxPool: only whole windows without dilation are known.")
    top, left, bottom, right = attributes.get("pads", [0, 0, 0, 0])
    x = functional.pad(inputs[0], (left, right, top, bottom), value=-math.inf)
    kernel = tuple(attributes["kernel_shape"])
    return functional.max_pool2d(x, kernel, stride=tuple(attributes.get("strides", [1, 1])))


@operator("BatchNormalization")
def batch_normalization(inputs, attributes):
    """The inference form: by the mean and variance given, [C] each."""
    if attributes.get("training_mode", 0):
        raise UserError("BatchNormalization: only its inference form is known.")
    x, scale, bias, mean, variance = inputs
    shape = [1, -1] + [1] * (x.dim() - 2)
    gain = scale / torch.sqrt(variance + attributes.get("epsilon", 1e-5))
    return x * gain.view(shape) + (bias - mean * gain).view(shape)


@operator("Resize")
def resize(inputs, attributes):
    """[N, C, H, W] enlarged by whole factors (the third input), as far as the builder goes."""
    x = inputs[0]
    mode = attributes.get("mode", "nearest")
    coordinates = attributes.get("coordinate_transformation_mode", "half_pixel")
    rounding = attributes.get("nearest_mode", "round_prefer_floor")
    factors = [] if len(inputs) < 3 or inputs[2] is None else inputs[2].tolist()[2:]
    whole = bool(factors) and all(factor >= 1 and factor == int(factor) for factor in factors)
    size = [int(length * factor) for length, factor in zip(x.shape[2:], factors)]
    if whole and (mode, coordinates, rounding) == ("nearest", "asymmetric", "floor"):
        return functional.interpolate(x, size=size, mode="nearest")
    if whole and (mode, coordinates) == ("linear", "half_pixel"):
        return functional.interpolate(x, size=size, mode="bilinear", align_corners=False)
    raise UserError(
        f"Resize: only enlargement by whole factors is known, not {mode} with {coordinates} "
        f"coordinates by {factors or 'sizes'}."
    )


def _axes(inputs) -> tuple[int, ...]:
    given = integers(inputs[1]) if len(inputs) > 1 and inputs[1] is not None else []
    return tuple(given) or tuple(range(inputs[0].dim()))


@operator("ReduceSum")
def reduce_sum(inputs, attributes):
    return inputs[0].sum(_axes(inputs), keepdim=bool(attributes.get("keepdims", 1)))


@operator("ReduceMean")
def reduce_mean(inputs, attributes):
    return inputs[0].mean(_axes(inputs), keepdim=bool(attributes.get("keepdims", 1)))


@operator("ReduceMin")
def reduce_min(inputs, attributes):
    return inputs[0].amin(_axes(inputs), keepdim=bool(attributes.get("keepdims", 1)))


@operator("ArgMax")
def arg_max(inputs, attributes):
    axis = attributes.get("axis", 0)
    return inputs[0].argmax(axis, keepdim=bool(attributes.get("keepdims", 1)))
