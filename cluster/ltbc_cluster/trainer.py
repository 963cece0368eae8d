"""The training loop: epochs, validation, checkpoints, journal, stopping. The first process writes
the files; what decides the course of training is agreed on by all."""

from __future__ import annotations

import math
import os
import signal
import sys
import time
from dataclasses import dataclass
from typing import Any, Callable, Optional

import torch

from .checkpoint import (
    Checkpoint,
    discard_checkpoints_after,
    now,
    save_checkpoint,
)
from .batches import Batch, BatchSource
from .journal import Journal
from .measures import (
    ALL_PICTURES,
    Averages,
    Measures,
    Totals,
    add_totals,
    averages,
    measure_text,
    no_steps,
)
from .plan import global_epoch, learning_rate_at, settle, steps_before, total_epochs, total_steps
from .processes import Processes
from .progress import ProgressLines
from .trainable_network import TrainableNetwork, by_kind
from .user_error import UserError

#: Steps in a line of the journal. Measures stay on the device until then.
JOURNAL_STEPS = 20
_KEPT_CHECKPOINTS = 2


@dataclass(frozen=True)
class RunOptions:
    run_folder: str
    checkpoint_minutes: float
    max_minutes: float
    versions: dict[str, str]


class Trainer:
    """
    :param measures: what the network measures, and which of it chooses the best model
    :param plan: phases with their steps (plan.py)
    :param open_data: batches of training and of validation for a phase
    """

    def __init__(
        self,
        network: TrainableNetwork,
        measures: Measures,
        configuration: dict[str, Any],
        plan: list[dict[str, Any]],
        open_data: Callable[[dict[str, Any]], tuple[BatchSource, BatchSource]],
        processes: Processes,
        options: RunOptions,
        resume: Optional[Checkpoint],
    ):
        self._network = network
        self._measures = measures
        self._configuration = configuration
        self._plan = plan
        self._open_data = open_data
        self._processes = processes
        self._options = options
        self._started = self._last_save = time.monotonic()
        self._stop_signal = False
        self._saved = resume is not None
        self._progress: dict[str, Any] = {
            "step": 0,
            "position": {"phase": 0, "epoch": 0, "batch": 0},
            "best": None,
            "epochsWithoutImprovement": 0,
            "epochTotals": no_steps(),
            "windowTotals": no_steps(),
            "journalLines": 0,
            "validations": [],
            "seconds": 0,
            **(resume.progress if resume else {}),
            "plan": plan,
            "seed": configuration["seed"],
            "configuration": configuration,
        }
        self._seconds_before = self._progress["seconds"]
        self._journal: Optional[Journal] = None
        if processes.is_first:
            self._journal = self._open_journal(resume)
        self._lines = ProgressLines(processes.is_first)
        #: Measures of the steps since they were last read from the device, added up.
        self._pending: Optional[torch.Tensor] = None
        self._pending_steps = 0
        self._last_rate = 0.0

    def train(self) -> str:
        """Returns why training ended: "finished", "time" or "interrupted"."""
        previous = signal.signal(signal.SIGTERM, self._on_signal)
        try:
            if not self._saved:
                self._save()
            return self._train_phases()
        finally:
            signal.signal(signal.SIGTERM, previous)
            if self._journal:
                self._journal.close()

    @property
    def progress(self) -> dict[str, Any]:
        return self._progress

    @property
    def best_text(self) -> str:
        """The value that chose the best model, such as `colour 0.01234`."""
        measure, best = self._measures.selecting, self._progress["best"]
        return f"{measure['label']} {measure_text(measure, best['value'])}"

    def _on_signal(self, number: int, frame: object) -> None:
        if self._stop_signal:
            sys.exit(128 + number)
        self._stop_signal = True

    def _open_journal(self, resume: Optional[Checkpoint]) -> Journal:
        folder = self._options.run_folder
        path = os.path.join(folder, "journal.jsonl")
        common = {"versions": self._options.versions, "configuration": self._configuration}
        if resume:
            step = resume.progress["step"]
            discard_checkpoints_after(folder, step)
            journal = Journal(path, resume.progress["journalLines"])
            journal.append({"type": "resume", "time": now(), "step": step, **common})
            return journal
        os.makedirs(folder, exist_ok=True)
        journal = Journal(path)
        start = {"seed": self._configuration["seed"], "plan": self._plan}
        journal.append({"type": "start", "time": now(), **start, **common})
        return journal

    def _train_phases(self) -> str:
        while True:
            progress = self._progress
            progress["position"] = settle(self._plan, progress["position"])
            if progress["position"]["phase"] >= len(self._plan):
                return "finished"
            phase = self._plan[progress["position"]["phase"]]
            training, validation = self._open_data(phase)
            stop = self._train_phase(phase, training, validation)
            if stop:
                return stop

    def _train_phase(self, phase, training: BatchSource, validation: BatchSource) -> Optional[str]:
        patience = self._configuration["patience"]
        progress = self._progress
        while progress["position"]["epoch"] < phase["epochs"]:
            stop = self._train_epoch(phase, training)
            if stop:
                if not self._saved:
                    self._save()
                return stop
            self._validate(phase, validation)
            if 0 < patience <= progress["epochsWithoutImprovement"]:
                number = progress["position"]["phase"] + 1
                progress["position"] = {"phase": number, "epoch": 0, "batch": 0}
                self._save()
                title = self._measures.selecting["title"].lower()
                self._lines.show(f"Phase {number} ends: no better {title} in {patience} epochs")
                return None
            self._save()
        return None

    def _train_epoch(self, phase, training: BatchSource) -> Optional[str]:
        progress = self._progress
        position = progress["position"]
        if position["batch"] >= phase["batchesPerEpoch"]:
            return None
        epoch = global_epoch(self._plan, position)
        self._lines.resume()
        for batch in training.training(epoch, position["batch"]):
            stop, save = self._step(phase, batch)
            if progress["position"]["batch"] == phase["batchesPerEpoch"]:
                return None
            if stop:
                return stop
            if save:
                self._save()
                self._lines.resume()
        raise RuntimeError("The training data ended before the epoch")

    def _step(self, phase, batch: Batch) -> tuple[Optional[str], bool]:
        """One step; returns why to stop, if so, and whether a checkpoint is due."""
        progress = self._progress
        # One message in host memory: what any process wants.
        minutes = (time.monotonic() - self._started) / 60
        since_save = (time.monotonic() - self._last_save) / 60
        wishes = [
            self._stop_signal,
            self._processes.is_first and minutes >= self._options.max_minutes,
            self._processes.is_first and since_save >= self._options.checkpoint_minutes,
        ]
        interrupted, out_of_time, save = self._processes.sum_on_host(wishes)
        rate = learning_rate_at(
            self._configuration["learningRate"], self._plan, progress["position"]
        )
        step = progress["step"] + 1
        luminance, ab, labels = self._network.to_lab(batch.rgb, batch.labels)
        measures = self._network.step(luminance, ab, labels, rate, step)
        self._pending = measures if self._pending is None else self._pending + measures
        self._pending_steps += 1
        self._last_rate = rate
        self._saved = False
        progress["step"] = step
        position = {**progress["position"], "batch": progress["position"]["batch"] + 1}
        progress["position"] = position
        self._lines.count(phase["batchSize"])
        window = progress["windowTotals"]["steps"] + self._pending_steps
        if position["batch"] == phase["batchesPerEpoch"] or window >= JOURNAL_STEPS:
            self._write_window()
        stop = "interrupted" if interrupted else "time" if out_of_time else None
        return stop, bool(save)

    def _read_measures(self) -> None:
        """Brings the measures of the last steps into the totals; waits for the device."""
        if self._pending is None:
            return
        progress = self._progress
        # Positions lie within one phase: they are read before it ends.
        batch_size = self._plan[progress["position"]["phase"]]["batchSize"]
        steps = self._pending_steps
        totals = {"steps": steps, **self._network.totals(self._pending, steps * batch_size)}
        if not all(map(math.isfinite, [*totals["sums"].values(), totals["gradientNorm"]])):
            self._diverged("a loss or gradient is not finite")
        progress["epochTotals"] = add_totals(progress["epochTotals"], totals)
        progress["windowTotals"] = add_totals(progress["windowTotals"], totals)
        self._pending, self._pending_steps = None, 0

    def _write_window(self) -> None:
        self._read_measures()
        progress = self._progress
        window: Totals = progress["windowTotals"]
        epoch = global_epoch(self._plan, progress["position"]) + 1
        means = averages(self._measures.of_training, window)
        speed = self._lines.images_per_second()
        self._append(
            {
                "type": "steps",
                "step": progress["step"],
                "epoch": epoch,
                "phase": progress["position"]["phase"] + 1,
                "learningRate": self._last_rate,
                **means,
                "gradientNorm": window["gradientNorm"] / window["steps"],
                "imagesPerSecond": float(f"{speed:.4g}"),
            }
        )
        done = steps_before(self._plan, progress["position"])
        self._lines.show_step(
            f"epoch {epoch}/{total_epochs(self._plan)}  step {done}/{total_steps(self._plan)}",
            self._measures,
            means,
        )
        progress["windowTotals"] = no_steps()

    def _validate(self, phase, validation: BatchSource) -> None:
        self._network.average_statistics()
        results: dict[str, float] = {}
        count = 0
        for batch in validation.validation():
            if len(batch.labels) == 0:
                continue
            count += len(batch.labels)
            of_batch = self._network.evaluate(*self._network.to_lab(batch.rgb, batch.labels))
            for name, value in of_batch.items():
                results[name] = results.get(name, 0.0) + value
        totals = by_kind(self._sum_by_name(results), "/values", "/weights")
        (pictures,) = self._processes.sum_on_host([count])
        if pictures == 0:
            raise UserError("No usable picture in the validation set: all are broken or grey.")
        totals["weights"][ALL_PICTURES] = pictures
        means = averages(self._measures.all, totals)
        chosen_by = self._measures.selecting
        title, value = chosen_by["title"].lower(), means[chosen_by["name"]]
        if value is None:
            raise UserError(
                f"No validation picture counts for the {title}, which chooses the best model. "
                "Validate on other pictures."
            )
        if not math.isfinite(value):
            self._diverged(f"the validation {title} is not finite")
        self._record_validation(phase, means, int(pictures))

    def _sum_by_name(self, results: dict[str, float]) -> dict[str, float]:
        """Sums over the processes, of which some may have had no picture."""
        names = self._network.evaluated
        sums = self._processes.sum_on_host([results.get(name, 0.0) for name in names])
        return dict(zip(names, sums))

    def _record_validation(self, phase, means: Averages, pictures: int) -> None:
        progress = self._progress
        position, best = progress["position"], progress["best"]
        measure = self._measures.selecting["name"]
        value = means[measure]
        comparable = (
            best
            if best and best["phase"] == position["phase"] and best["measure"] == measure
            else None
        )
        improved = comparable is None or self._measures.is_better(value, comparable["value"])
        epoch = global_epoch(self._plan, position) + 1
        record = {
            "type": "validation",
            "step": progress["step"],
            "epoch": epoch,
            "phase": position["phase"] + 1,
            "crop": phase["crop"],
            "pictures": pictures,
            "training": averages(self._measures.of_training, progress["epochTotals"]),
            "improved": improved,
            # Beside the other fields, under their names: as in journal.ts.
            **means,
        }
        self._append(record)
        if improved:
            place = {"step": progress["step"], "phase": position["phase"], "epoch": epoch}
            progress["best"] = {**place, "measure": measure, "value": value}
            progress["epochsWithoutImprovement"] = 0
        else:
            progress["epochsWithoutImprovement"] += 1
        progress["position"] = {**position, "epoch": position["epoch"] + 1, "batch": 0}
        progress["epochTotals"] = no_steps()
        progress["validations"] = [*progress["validations"], record]
        self._lines.show_validation(
            record, self._measures, total_epochs(self._plan), progress["best"]["epoch"]
        )

    def _append(self, record: dict[str, Any]) -> None:
        if self._journal:
            self._journal.append(record)

    def _save(self) -> None:
        self._read_measures()
        self._network.average_statistics()
        state = self._network.read_state() if self._processes.is_first else {}
        broken = next((name for name, value in state.items() if not _finite(value)), None)
        # The others must not run on while the first one ends with an error.
        if self._processes.sum_on_host([float(broken is not None)])[0]:
            self._diverged(f"{broken or 'a parameter'} is not finite")
        if self._journal:
            self._journal.flush()
            self._progress["journalLines"] = self._journal.lines
            self._progress["seconds"] = self._seconds_before + time.monotonic() - self._started
            folder = self._options.run_folder
            path = save_checkpoint(folder, self._progress, state, _KEPT_CHECKPOINTS)
            self._lines.show(f"Saved {path}")
        self._saved = True
        self._last_save = time.monotonic()

    def _diverged(self, problem: str) -> None:
        raise UserError(
            f"Training diverged at step {self._progress['step']} with learning rate "
            f"{self._last_rate:.3g}: {problem}. The last good checkpoint is kept; export the graph "
            "anew with a lower --learning-rate or stronger gradient clipping (--clip-norm 1), "
            "and train it in another --run folder."
        )


def _finite(value) -> bool:
    # A sum of finite float32 values in float64 cannot overflow.
    return math.isfinite(float(value.sum(dtype="float64")))
