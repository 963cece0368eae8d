"""Repeats a training case with the runner; as a program, in one of several processes:
torchrun --nproc_per_node=2 steps.py <case> <output.json> [synchronized|local]"""

from __future__ import annotations

import json
import sys

import torch
from expectations import TrainingCase

from ltbc_cluster.processes import Processes, join_processes, leave_processes
from ltbc_cluster.trainable_network import Precision, TrainableNetwork, by_kind
from ltbc_cluster.training_export import read_training_export


FLOAT32 = Precision(bf16=False, channels_last=False)


def repeat(
    case: TrainingCase,
    processes: Processes,
    synchronize: bool = True,
    precision: Precision = FLOAT32,
) -> dict:
    """Sums as `ltbc train` reports them for every step, and those of the evaluation after it."""
    network = network_of(case, processes, synchronize, precision)
    return run_steps(network, case, processes)


def network_of(
    case: TrainingCase,
    processes: Processes,
    synchronize: bool = True,
    precision: Precision = FLOAT32,
) -> TrainableNetwork:
    export = read_training_export(case.graph)
    return TrainableNetwork(export, export.configuration, processes, precision, synchronize)


def run_steps(network: TrainableNetwork, case: TrainingCase, processes: Processes) -> dict:
    steps = []
    for step, expected in enumerate(case.measures["steps"], 1):
        luminance, ab, labels = (torch.from_numpy(part) for part in case.batch(step))
        own = _slice(len(labels), processes)
        rate = expected["learningRate"]
        measures = network.step(luminance[own], ab[own], labels[own], rate, step)
        steps.append(network.totals(measures, len(labels)))
    network.average_statistics()
    luminance, ab, labels = (torch.from_numpy(part) for part in case.batch(1))
    own = _slice(len(labels), processes)
    results = network.evaluate(luminance[own], ab[own], labels[own])
    totals = dict(zip(results, processes.sum_on_host(list(results.values()))))
    return {"steps": steps, "evaluation": by_kind(totals, "/values", "/weights")}


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
