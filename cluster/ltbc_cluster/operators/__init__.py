"""The operators that core's graph builder emits, as functions on torch tensors."""

from . import elementwise, layers, layout  # noqa: F401 - fill the table
from .table import HOST_INPUTS, OPERATORS, operator_named

__all__ = ["HOST_INPUTS", "OPERATORS", "operator_named"]
