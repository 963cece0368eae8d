"""Puts a run together: the exported network, the pictures, the processes, and the run folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Optional, Sequence

import numpy
import torch

from .batches import BatchPlan, BatchSource, DecodedFromFiles
from .checkpoint import Checkpoint, find_newest_checkpoint
from .configuration import recorded_configuration, refuse_another_graph
from .dataset import Dataset, Source, fingerprint, open_dataset, split_dataset
from .decoded_cache import fill_cache
from .plan import plan_of
from .processes import Processes
from .trainable_network import Precision, TrainableNetwork
from .trainer import RunOptions, Trainer
from .training_export import TrainingExport
from .user_error import UserError


@dataclass(frozen=True)
class DataOptions:
    sources: Sequence[str]
    unlabelled: Sequence[str]
    validation: Sequence[str]
    validation_fraction: float
    list: Optional[str]
    validation_list: Optional[str]
    categories: Optional[str]
    workers: int
    #: Folder for the decoded pictures; None decodes anew in every epoch.
    cache: Optional[str]


@dataclass(frozen=True)
class Datasets:
    training: Dataset
    validation: Dataset


def create_trainer(
    export: TrainingExport,
    data: DataOptions,
    processes: Processes,
    precision: Precision,
    synchronize: bool,
    options: RunOptions,
) -> Trainer:
    """A run that is new, or continues from the newest checkpoint of its folder."""
    resume = _find_checkpoint(options.run_folder, processes)
    recorded = recorded_configuration(resume.progress) if resume else None
    classes = (recorded or export.configuration)["classes"]
    datasets = open_datasets(data, (recorded or export.configuration)["seed"], classes or None)
    configuration = (
        _resumed(recorded, export, datasets, data)
        if recorded
        else new_configuration(export, datasets, data)
    )
    plan = plan_of(configuration, len(datasets.training))
    _check_plan(plan, processes, len(datasets.training))
    if resume and [each["batchesPerEpoch"] for each in resume.progress["plan"]] != [
        each["batchesPerEpoch"] for each in plan
    ]:
        raise UserError("The number of training pictures is not the one the run began with.")
    network = TrainableNetwork(export, configuration, processes, precision, synchronize)
    if resume:
        network.load_state(resume.state, resume.progress["step"])
        if processes.is_first:
            print(f"Continuing from {resume.path} (step {resume.progress['step']})", flush=True)
    opener = _DataOpener(datasets, configuration, data, processes)
    measures = export.measures
    return Trainer(network, measures, configuration, plan, opener.open, processes, options, resume)


def open_datasets(data: DataOptions, seed: int, classes: Optional[Sequence[str]]) -> Datasets:
    """:param classes: names in label order; by default those that the training sources have"""
    sources = [Source(path, True, data.list, data.categories) for path in data.sources]
    sources += [Source(path, labelled=False) for path in data.unlabelled]
    everything = open_dataset(sources, classes)
    if not data.validation:
        return Datasets(*split_dataset(everything, data.validation_fraction, seed))
    others = [Source(path, True, data.validation_list, data.categories) for path in data.validation]
    return Datasets(everything, open_dataset(others, everything.classes))


def new_configuration(
    export: TrainingExport, datasets: Datasets, data: DataOptions
) -> dict[str, Any]:
    """RunConfiguration of configuration.ts: the exported choices with what the pictures add."""
    chosen = export.configuration
    # One class cannot be told from others.
    classes = list(datasets.training.classes) if len(datasets.training.classes) > 1 else []
    expected = chosen["network"]["classes"]
    if len(classes) != expected:
        raise UserError(
            f"The data set has {len(classes)} classes but the graph was exported for {expected}: "
            f"export it with --class-count {len(classes)}, or give other pictures."
        )
    configuration = {
        **chosen,
        "classes": classes,
        "data": _location(data),
        "fingerprints": _fingerprints(datasets),
    }
    share = export.description["warmupShare"]
    if share is not None:
        pictures = len(datasets.training)
        steps = sum(
            phase["epochs"] * (pictures // phase["batchSize"]) for phase in chosen["phases"]
        )
        schedule = chosen["learningRate"]
        # The share is a tenth; dividing by ten rounds as `ltbc train` does.
        limit = int(steps / round(1 / share))
        warmup = min(schedule["warmupSteps"], limit)
        configuration["learningRate"] = {**schedule, "warmupSteps": warmup}
    return configuration


def _resumed(
    recorded: dict[str, Any], export: TrainingExport, datasets: Datasets, data: DataOptions
) -> dict[str, Any]:
    refuse_another_graph(recorded, export.configuration)
    if recorded["fingerprints"] != _fingerprints(datasets):
        raise UserError(
            "The data set is not the one the run was started with (other files or classes). "
            "Give the original pictures, or another --run folder."
        )
    return {**recorded, "data": _location(data)}


def _find_checkpoint(folder: str, processes: Processes) -> Optional[Checkpoint]:
    """The newest checkpoint, the same in all processes, which read it from a shared disk."""
    checkpoint, rejected = find_newest_checkpoint(folder)
    if processes.is_first:
        for reason in rejected:
            print(f"Not used: {reason}", flush=True)
    step = checkpoint.progress["step"] if checkpoint else -1
    total, squares = processes.sum_on_host([step, step * step])
    count = processes.world_size
    if total != step * count or squares != step * step * count:
        raise UserError(
            f"The processes do not see the same checkpoints in {folder}: it must lie on a disk "
            "that all machines share."
        )
    if checkpoint and recorded_configuration(checkpoint.progress) is None:
        raise UserError(f"{checkpoint.path} has no configuration to resume with.")
    leftovers = ("journal.jsonl", "curves.svg")
    if not checkpoint and os.path.isdir(folder):
        others = [
            name
            for name in os.listdir(folder)
            if name not in leftovers and not name.startswith("checkpoint-")
        ]
        if others:
            raise UserError(
                f"The run folder {folder} holds other files ({others[0]}) and no checkpoint: "
                "choose another --run."
            )
    processes.barrier()
    return checkpoint


def _check_plan(plan: list[dict[str, Any]], processes: Processes, pictures: int) -> None:
    for phase in plan:
        size = phase["batchSize"]
        if phase["batchesPerEpoch"] < 1:
            raise UserError(
                f"There are {pictures} training pictures, fewer than one batch of {size}: add "
                "pictures, or export with a smaller --batch."
            )
        if size % processes.world_size != 0:
            raise UserError(
                f"A batch of {size} cannot be shared equally by {processes.world_size} processes: "
                "export with a --batch that is a multiple of their number."
            )


def _location(data: DataOptions) -> dict[str, Any]:
    def absolute(path: Optional[str]) -> Optional[str]:
        return None if path is None else os.path.abspath(path)

    return {
        "sources": [absolute(path) for path in data.sources],
        "unlabelled": [absolute(path) for path in data.unlabelled],
        "validation": [absolute(path) for path in data.validation],
        "validationFraction": data.validation_fraction,
        "list": absolute(data.list),
        "validationList": absolute(data.validation_list),
        "categories": absolute(data.categories),
    }


def _fingerprints(datasets: Datasets) -> dict[str, str]:
    return {
        "training": fingerprint(datasets.training),
        "validation": fingerprint(datasets.validation),
    }


class _DataOpener:
    def __init__(self, datasets: Datasets, configuration, data: DataOptions, processes: Processes):
        self._datasets = datasets
        self._configuration = configuration
        self._data = data
        self._processes = processes

    def open(self, phase: dict[str, Any]) -> tuple[BatchSource, BatchSource]:
        """Batches of training and of validation for a phase."""
        configuration = self._configuration
        phases = configuration["phases"]
        resize = next(each["resize"] for each in phases if each["crop"] == phase["crop"])
        chroma = configuration["minimumChroma"]
        views = configuration.get("views")
        plan = BatchPlan(
            phase["batchSize"],
            phase["crop"],
            resize,
            configuration["seed"],
            chroma,
            tuple(views) if views else None,
        )
        return (
            self._source(self._datasets.training, plan),
            self._source(self._datasets.validation, plan),
        )

    def _source(self, dataset: Dataset, plan: BatchPlan) -> BatchSource:
        processes, data = self._processes, self._data
        if data.cache is None:
            pictures = DecodedFromFiles(dataset, plan)
        else:
            pictures = fill_cache(
                data.cache,
                dataset,
                plan,
                processes.local_rank,
                processes.local_world_size,
                data.workers,
                processes.barrier,
            )
        pin = processes.device.type == "cuda"
        rank, world_size = processes.rank, processes.world_size
        return BatchSource(dataset, pictures, plan, rank, world_size, data.workers, pin)


def versions() -> dict[str, str]:
    return {"torch": torch.__version__, "numpy": numpy.__version__}
