"""Checkpoints in the project's own format (packages/node/src/training/checkpoint.ts): parameters
and optimizer state as safetensors, everything else as JSON, the JSON renamed into place last."""

from __future__ import annotations

import datetime
import json
import os
import re
from dataclasses import dataclass
from typing import Any, Callable, Optional

import numpy as np

from .atomic_file import UNFINISHED_SUFFIX, flush_folder, write_file_atomically
from .safetensors_file import read_safetensors, safetensors_parts
from .user_error import UserError

FORMAT = "let-there-be-color checkpoint"
FORMAT_VERSION = 2
_NAME = re.compile(r"checkpoint-(\d+)\.(json|safetensors)$")


@dataclass(frozen=True)
class Checkpoint:
    path: str
    #: TrainingProgress of checkpoint.ts.
    progress: dict[str, Any]
    #: Parameters and optimizer state, float32.
    state: dict[str, np.ndarray]


def save_checkpoint(
    folder: str, progress: dict[str, Any], state: dict[str, np.ndarray], keep: int
) -> str:
    """Saves, then deletes older ones except the `keep` newest and their best models."""
    name = f"checkpoint-{progress['step']}"
    file = f"{name}.safetensors"
    parts = safetensors_parts(state, {"format": FORMAT})
    length, sha256 = write_file_atomically(os.path.join(folder, file), parts)
    content = {
        "format": FORMAT,
        "formatVersion": FORMAT_VERSION,
        "savedAt": now(),
        "tensors": {"file": file, "bytes": length, "sha256": sha256},
        "progress": progress,
    }
    path = os.path.join(folder, f"{name}.json")
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
    write_file_atomically(path, [text.encode()])
    flush_folder(folder)
    _delete_outdated(folder, progress["step"], keep)
    return path


def read_checkpoint(path: str) -> Checkpoint:
    """Reads and verifies. Raises UserError if it is damaged or of another version."""
    header = _read_header(path)
    record = header["tensors"]
    tensors_path = os.path.join(os.path.dirname(path), record["file"])
    state, length, sha256 = read_safetensors(tensors_path)
    if length != record["bytes"] or sha256 != record["sha256"]:
        raise UserError(f"{record['file']} is not the file that {path} was saved with.")
    return Checkpoint(path, header["progress"], state)


def find_newest_checkpoint(folder: str) -> tuple[Optional[Checkpoint], list[str]]:
    """The intact checkpoint with the highest step, and why higher ones were refused."""
    rejected: list[str] = []
    if not os.path.isdir(folder):
        return None, rejected
    for step in sorted(_steps(folder, "json"), reverse=True):
        try:
            return read_checkpoint(os.path.join(folder, f"checkpoint-{step}.json")), rejected
        except (UserError, OSError) as error:
            rejected.append(str(error))
    return None, rejected


def discard_checkpoints_after(folder: str, step: int) -> None:
    """Deletes later checkpoints and unfinished files: the run will write its own."""
    _delete(folder, lambda other: other > step)
    for name in os.listdir(folder):
        if name.endswith(UNFINISHED_SUFFIX):
            os.remove(os.path.join(folder, name))
    flush_folder(folder)


def now() -> str:
    """The time as JavaScript writes it: 2026-01-31T17:45:02.123Z."""
    time = datetime.datetime.now(datetime.timezone.utc)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _read_header(path: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            header = json.load(file)
    except FileNotFoundError:
        raise UserError(f"There is no checkpoint {path}.") from None
    except ValueError:
        raise UserError(f"The checkpoint {path} is damaged: it is not JSON.") from None
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise UserError(f"{path} is not a checkpoint of this program.")
    version = header["formatVersion"]
    if not 1 <= version <= FORMAT_VERSION:
        raise UserError(
            f"{path} has checkpoint format {version}, this version reads up to {FORMAT_VERSION}."
        )
    if version == 1:
        header["progress"] = _progress_of_format_1(header["progress"])
    record = header["tensors"]
    tensors_path = os.path.join(os.path.dirname(path), os.path.basename(record["file"]))
    if not os.path.exists(tensors_path) or os.path.getsize(tensors_path) != record["bytes"]:
        raise UserError(f"The checkpoint {path} is damaged: {record['file']} is not whole.")
    return header


def _progress_of_format_1(progress: dict[str, Any]) -> dict[str, Any]:
    """In today's format; the first had fixed measures, and the best model's colour loss."""
    progress = dict(progress)
    if progress.get("best"):
        best = dict(progress["best"])
        value = best.pop("colorLoss")
        progress["best"] = {**best, "measure": "colorLoss", "value": value}
    for name in ("epochTotals", "windowTotals"):
        totals = progress.get(name)
        if totals is None:
            continue
        progress[name] = {
            "steps": totals["steps"],
            "gradientNorm": totals["gradientNorm"],
            "sums": {
                "colorLoss": totals["colorLoss"],
                "classLoss": totals["classLoss"],
                "accuracy": totals["correct"],
            },
            "weights": {"pictures": totals["pictures"], "labelled": totals["labelled"]},
        }
    return progress


def _delete_outdated(folder: str, step: int, keep: int) -> None:
    wanted: set[int] = set()
    kept = 0
    for other in sorted(_steps(folder, "json"), reverse=True):
        if other > step or kept == keep:
            continue
        try:
            progress = _read_header(os.path.join(folder, f"checkpoint-{other}.json"))["progress"]
        except UserError:
            continue
        kept += 1
        wanted.add(other)
        if progress["best"]:
            wanted.add(progress["best"]["step"])
    _delete(folder, lambda other: other <= step and other not in wanted)


def _steps(folder: str, ending: str) -> list[int]:
    matches = (_NAME.match(name) for name in os.listdir(folder))
    return [int(match[1]) for match in matches if match and match[2] == ending]


def _delete(folder: str, unwanted: Callable[[int], bool]) -> None:
    """JSON files first: without its JSON a tensors file is no checkpoint."""
    for ending in ("json", "safetensors"):
        for step in _steps(folder, ending):
            if unwanted(step):
                os.remove(os.path.join(folder, f"checkpoint-{step}.{ending}"))
