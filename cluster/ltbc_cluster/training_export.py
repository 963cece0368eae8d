"""Reads what `ltbc export-training` wrote: the graphs and the JSON beside them."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from typing import Any

from .measures import Measures
from .onnx_graph import OnnxGraph, read_graph
from .user_error import UserError

FORMAT = "let-there-be-color training"
FORMAT_VERSION = 2


@dataclass(frozen=True)
class ExportedGraph:
    graph: OnnxGraph
    #: Names of the values between which the network lies: {"input": .., "outputs": [..]}.
    network: dict[str, Any]


@dataclass(frozen=True)
class ExportedCrop:
    """The graphs for pictures of one size."""

    training: ExportedGraph
    evaluation: ExportedGraph
    #: Names and shapes of random numbers, "N" for the pictures.
    noise: list[dict[str, Any]]
    #: Weights whose sums over all processes the training graph takes as `<weight>/total`.
    totals: list[str]


@dataclass(frozen=True)
class TrainingExport:
    """`description` is the JSON as written (TrainingDescription in training-export.ts)."""

    description: dict[str, Any]
    #: By the side of the pictures, in pixels; the first training graph holds the starting weights.
    crops: dict[int, ExportedCrop]

    @property
    def configuration(self) -> dict[str, Any]:
        return self.description["configuration"]

    @property
    def measures(self) -> Measures:
        objective = self.description["objective"]
        return Measures(objective["measures"], objective["selection"])


def read_training_export(path: str) -> TrainingExport:
    """:param path: of the .onnx. Raises UserError if a file is missing or of another version."""
    json_path = os.path.splitext(path)[0] + ".json"
    try:
        with open(json_path, encoding="utf-8") as file:
            description = json.load(file)
    except FileNotFoundError:
        raise UserError(
            f"There is no {json_path} beside the graph: expected the files of "
            "`ltbc export-training` together."
        ) from None
    except ValueError:
        raise UserError(f"{json_path} is damaged: it is not JSON.") from None
    if not isinstance(description, dict) or description.get("format") != FORMAT:
        raise UserError(f"{json_path} was not written by `ltbc export-training`.")
    if description["formatVersion"] != FORMAT_VERSION:
        raise UserError(
            f"{json_path} has format {description['formatVersion']}, this runner reads "
            f"{FORMAT_VERSION}: export the network again."
        )
    folder = os.path.dirname(path)

    def read(record: dict[str, Any]) -> ExportedGraph:
        graph_path = os.path.join(folder, record["file"])
        _check(graph_path, record["sha256"])
        return ExportedGraph(read_graph(graph_path), record["network"])

    crops = {
        each["crop"]: ExportedCrop(
            read(each["training"]),
            read(each["evaluation"]),
            each["training"]["noise"],
            each["training"]["totals"],
        )
        for each in description["graphs"]
    }
    return TrainingExport(description, crops)


def _check(path: str, expected: str) -> None:
    try:
        with open(path, "rb") as file:
            found = hashlib.sha256(file.read()).hexdigest()
    except FileNotFoundError:
        raise UserError(f"There is no {path}, which belongs to the exported network.") from None
    if found != expected:
        raise UserError(f"{path} is not the file that its JSON was written with: export again.")
