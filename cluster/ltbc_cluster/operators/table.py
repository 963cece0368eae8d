"""The table of operators by ONNX name (ai.onnx, opset 18)."""

from __future__ import annotations

from typing import Any, Callable, Optional, Sequence

from torch import Tensor

from ..user_error import UserError

Inputs = Sequence[Optional[Tensor]]
Operator = Callable[[Inputs, dict[str, Any]], Tensor]

OPERATORS: dict[str, Operator] = {}

#: Positions of the inputs that the host reads: shapes, axes, factors of enlargement.
HOST_INPUTS: dict[str, tuple[int, ...]] = {
    "Reshape": (1,),
    "Unsqueeze": (1,),
    "Expand": (1,),
    "Slice": (1, 2, 3, 4),
    "Pad": (1, 2, 3),
    "Resize": (1, 2, 3),
    "ReduceSum": (1,),
    "ReduceMean": (1,),
    "ReduceMin": (1,),
    "Range": (0, 1, 2),
}


def operator(name: str) -> Callable[[Operator], Operator]:
    """Enters a function under an ONNX name."""

    def enter(function: Operator) -> Operator:
        OPERATORS[name] = function
        return function

    return enter


def operator_named(name: str) -> Operator:
    """Raises UserError naming an operator that is not in the table."""
    if name not in OPERATORS:
        raise UserError(
            f"The graph uses the operator {name}, which this runner does not know. "
            "Use the runner and the `ltbc export-training` of the same version."
        )
    return OPERATORS[name]


def integers(x: Tensor) -> list[int]:
    """A one-dimensional whole-number tensor (axes, shapes, pads) as a list."""
    return [int(each) for each in x.tolist()]
