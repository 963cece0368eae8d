"""Where a run stands in its plan, and the learning rate there; as packages/node/src/training."""

from __future__ import annotations

import math
from typing import Any

Phase = dict[str, Any]
Position = dict[str, int]


def plan_of(configuration: dict[str, Any], pictures: int) -> list[Phase]:
    """Phases with their number of steps; `batchesPerEpoch` is 0 where there are too few pictures."""
    return [
        {
            "crop": phase["crop"],
            "epochs": phase["epochs"],
            "batchSize": phase["batchSize"],
            "batchesPerEpoch": pictures // phase["batchSize"],
        }
        for phase in configuration["phases"]
    ]


def total_steps(plan: list[Phase]) -> int:
    return sum(phase["epochs"] * phase["batchesPerEpoch"] for phase in plan)


def total_epochs(plan: list[Phase]) -> int:
    return sum(phase["epochs"] for phase in plan)


def global_epoch(plan: list[Phase], position: Position) -> int:
    """Epoch of the run, from 0."""
    return total_epochs(plan[: position["phase"]]) + position["epoch"]


def steps_before(plan: list[Phase], position: Position) -> int:
    """Planned steps before a position."""
    before = total_steps(plan[: position["phase"]])
    if position["phase"] >= len(plan):
        return before
    phase = plan[position["phase"]]
    return before + position["epoch"] * phase["batchesPerEpoch"] + position["batch"]


def settle(plan: list[Phase], position: Position) -> Position:
    """The position, moved on to the next phase with epochs left if its own has none."""
    phase = position["phase"]
    if phase >= len(plan) or position["epoch"] < plan[phase]["epochs"]:
        return position
    return settle(plan, {"phase": phase + 1, "epoch": 0, "batch": 0})


def learning_rate_at(schedule: dict[str, Any], plan: list[Phase], position: Position) -> float:
    base, warmup, decay = schedule["base"], schedule["warmupSteps"], schedule["decay"]
    step = steps_before(plan, position)
    if step < warmup:
        return base * (step + 1) / warmup
    if decay["type"] == "cosine":
        progress = (step - warmup) / max(1, total_steps(plan) - warmup)
        return base * (1 + math.cos(math.pi * min(1.0, progress))) / 2
    if decay["type"] == "step":
        return base * decay["factor"] ** (global_epoch(plan, position) // decay["everyEpochs"])
    return base
