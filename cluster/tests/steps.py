"""Repeats a training case with the runner; as a program, in one of several processes:
torchrun --nproc_per_node=2 steps.py <case> <output.json> [synchronized|local]"""

from __future__ import annotations

import json
import sys

import torch
from expectations import TrainingCase

from ltbc_cluster.processes import Processes, join_processes, leave_processes
from ltbc_cluster.trainable_network import EVALUATION_MEASURES, Precision, TrainableNetwork
from ltbc_cluster.training_export import read_training_export


FLOAT32 = Precision(bf16=False, channels_last=False)


def repeat(
    case: TrainingCase,
    processes: Processes,
    synchronize: bool = True,
    precision: Precision = FLOAT32,
) -> dict:
    """Means as `ltbc train` reports them for every step, and the sums of the evaluation after."""
    export = read_training_export(case.graph)
    configuration = export.configuration
    network = TrainableNetwork(export, configuration, processes, precision, synchronize)
    classified = configuration["network"]["classes"] > 0
    steps = []
    for step in range(1, len(case.measures["steps"]) + 1):
        luminance, ab, labels = (torch.from_numpy(part) for part in case.batch(step))
        size = len(labels)
        if not classified:
            labels.fill_(-1)
        labelled = float((labels >= 0).sum())
        own = _slice(size, processes)
        rate = case.measures["steps"][step - 1]["learningRate"]
        measures = network.step(luminance[own], ab[own], labels[own], labelled, rate, step)
        color, entropy, correct, norm = processes.sum_on_host(measures.tolist())
        steps.append(
            {
                "colorLoss": color / size,
                "classLoss": entropy / max(labelled, 1),
                "correct": correct,
                "gradientNorm": norm / processes.world_size,
            }
        )
    network.average_statistics()
    luminance, ab, labels = (torch.from_numpy(part) for part in case.batch(1))
    own = _slice(len(labels), processes)
    if not classified:
        labels.fill_(-1)
    sums = network.evaluate(luminance[own], ab[own], labels[own])
    totals = processes.sum_on_host(sums.tolist())
    return {"steps": steps, "evaluation": dict(zip(EVALUATION_MEASURES, totals))}


def _slice(size: int, processes: Processes) -> slice:
    local = size // processes.world_size
    return slice(processes.rank * local, (processes.rank + 1) * local)


if __name__ == "__main__":
    torch.set_num_threads(1)
    name, output, statistics = sys.argv[1:]
    group = join_processes("cpu")
    results = repeat(TrainingCase(name), group, statistics == "synchronized")
    if group.is_first:
        with open(output, "w", encoding="utf-8") as file:
            json.dump(results, file)
    leave_processes()
