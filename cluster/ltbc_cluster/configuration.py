"""What checkpoints record of a run's choices (RunConfiguration in configuration.ts), and which of them
an exported graph holds, so that a resumed run cannot take others."""

from __future__ import annotations

from typing import Any, Mapping, Optional

from .user_error import UserError

#: What graphs are made of: its name in messages, and the options of `ltbc export-training`.
_IN_GRAPHS = {
    "network": ("network", "the preset, network options and classes"),
    "objective": ("objective", "the loss's options (--alpha, ...)"),
    "parameterGroups": ("groups of parameters", "--freeze and --learning-rate-factor"),
    "augmentation": ("augmentation", "--augmentation"),
    "hints": ("share of pictures with hints", "--hints"),
}
#: What configurations of earlier versions do not say.
_BEFORE = {"parameterGroups": [], "movingAverage": 0}


def recorded_configuration(progress: Mapping[str, Any]) -> Optional[dict[str, Any]]:
    """The configuration of a checkpoint, whoever wrote it; None if it says no network."""
    recorded = dict(progress.get("configuration") or {})
    if not recorded.get("network"):
        return None
    # Configurations had the options of the hybrid loss under `loss`.
    loss = recorded.pop("loss", None)
    objective = {} if loss is None else {"objective": {"type": "hybrid", **loss}}
    return {**_BEFORE, **objective, **recorded}


def refuse_another_graph(recorded: Mapping[str, Any], exported: Mapping[str, Any]) -> None:
    """Raises UserError if a run was started with another graph than the exported one."""
    for key, (name, options) in _IN_GRAPHS.items():
        # Nothing and an empty choice are the same.
        if (recorded.get(key) or None) != (exported.get(key) or None):
            raise UserError(
                f"The run's {name} is not that of the exported graph: export it with {options} that "
                "the run was started with."
            )
    if recorded["optimizer"]["type"] != exported["optimizer"]["type"]:
        raise UserError(
            f"The run uses {recorded['optimizer']['type']}: export the graph with this --optimizer."
        )
