"""The operators that core's graph builder emits, as functions on torch tensors."""

from . import elementwise, layers, layout  # noqa: F401 - fill the table
from .table import OPERATORS, operator_named

__all__ = ["OPERATORS", "operator_named"]
