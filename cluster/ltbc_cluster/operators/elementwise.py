"""Operators that compute every element by itself, with broadcasting."""

from __future__ import annotations

from functools import reduce

import torch
import torch.nn.functional as functional

from .table import OPERATORS, operator

_UNARY = {
    "Sqrt": torch.sqrt,
    "Abs": torch.abs,
    "Neg": torch.neg,
    "Exp": torch.exp,
    "Log": torch.log,
    "Round": torch.round,
    "Relu": torch.relu,
    "Sigmoid": torch.sigmoid,
    "Tanh": torch.tanh,
    "Identity": lambda x: x,
}
_BINARY = {
    "Add": torch.add,
    "Sub": torch.sub,
    "Mul": torch.mul,
    "Div": torch.div,
    "Pow": torch.pow,
    "Greater": torch.gt,
    "GreaterOrEqual": torch.ge,
    "Equal": torch.eq,
}


@operator("HardSigmoid")
def hard_sigmoid(inputs, attributes):
    slope, offset = attributes.get("alpha", 0.2), attributes.get("beta", 0.5)
    return torch.clamp(inputs[0] * slope + offset, 0, 1)


def _unary(function):
    return lambda inputs, attributes: function(inputs[0])


def _binary(function):
    return lambda inputs, attributes: function(inputs[0], inputs[1])


for _name, _function in _UNARY.items():
    OPERATORS[_name] = _unary(_function)
for _name, _function in _BINARY.items():
    OPERATORS[_name] = _binary(_function)

#: torch type of each ONNX element type number (onnx.proto, TensorProto.DataType).
ELEMENT_TYPES = {
    1: torch.float32,
    2: torch.uint8,
    6: torch.int32,
    7: torch.int64,
    9: torch.bool,
    10: torch.float16,
}


@operator("LeakyRelu")
def leaky_relu(inputs, attributes):
    return functional.leaky_relu(inputs[0], attributes.get("alpha", 0.01))


@operator("Clip")
def clip(inputs, attributes):
    """Between the second and third input, which are scalars."""
    x, *limits = inputs
    least, most = (*limits, None, None)[:2]
    x = x if least is None else torch.maximum(x, least.to(x.dtype))
    return x if most is None else torch.minimum(x, most.to(x.dtype))


@operator("Softmax")
def softmax(inputs, attributes):
    return torch.softmax(inputs[0], attributes.get("axis", -1))


@operator("LogSoftmax")
def log_softmax(inputs, attributes):
    return torch.log_softmax(inputs[0], attributes.get("axis", -1))


@operator("Max")
def maximum(inputs, attributes):
    return reduce(torch.maximum, inputs)


@operator("Min")
def minimum(inputs, attributes):
    return reduce(torch.minimum, inputs)


@operator("Where")
def where(inputs, attributes):
    return torch.where(inputs[0], inputs[1], inputs[2])


@operator("Mod")
def modulo(inputs, attributes):
    """With the sign of the divisor, as ONNX has it for whole numbers (fmod = 0)."""
    if attributes.get("fmod", 0) != 0:
        return torch.fmod(inputs[0], inputs[1])
    return torch.remainder(inputs[0], inputs[1])


@operator("Cast")
def cast(inputs, attributes):
    return inputs[0].to(ELEMENT_TYPES[attributes["to"]])
