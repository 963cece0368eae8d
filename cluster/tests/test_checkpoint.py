"""Checkpoints: whole or not there, and the same on both sides of the language border."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import unittest

import numpy as np
from expectations import ROOT

from ltbc_cluster.checkpoint import (
    discard_checkpoints_after,
    find_newest_checkpoint,
    read_checkpoint,
    save_checkpoint,
)
from ltbc_cluster.configuration import recorded_configuration, refuse_another_graph
from ltbc_cluster.measures import Measures, averages, labelled_texts
from ltbc_cluster.plan import learning_rate_at, plan_of, settle
from ltbc_cluster.user_error import UserError

#: Reads the newest checkpoint of a folder with ltbc's own code and saves it as another step.
_PROGRAM = """
import { findNewestCheckpoint, saveCheckpoint } from "%s";
const [folder] = process.argv.slice(1);
const { checkpoint } = await findNewestCheckpoint(folder);
const { progress, state } = checkpoint;
await saveCheckpoint(folder, { ...progress, step: progress.step + 1 }, state, 9);
console.log(JSON.stringify({ step: progress.step, names: [...state.keys()] }));
"""


def progress(step: int, best: int | None = None) -> dict:
    place = {"step": best, "phase": 0, "epoch": 1}
    chosen = None if best is None else {**place, "measure": "colorLoss", "value": 0.1}
    return {"step": step, "best": chosen, "configuration": {"classes": ["café"]}}


def state(value: float) -> dict[str, np.ndarray]:
    return {
        "low_level.0.weight": np.full((2, 1, 3, 3), value, np.float32),
        "low_level.0.weight/first_moment": np.arange(18, dtype=np.float32).reshape(2, 1, 3, 3),
        "empty": np.zeros((0, 4), np.float32),
    }


class CheckpointTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name

    def test_ltbc_reads_and_rewrites_it_unchanged(self):
        save_checkpoint(self.folder, progress(3), state(1 / 3), 2)
        built = os.path.join(ROOT, "packages", "node", "dist", "training", "index.js")
        command = ["node", "--input-type=module", "-e", _PROGRAM % f"file://{built}", self.folder]
        result = subprocess.run(command, check=True, stdout=subprocess.PIPE)
        self.assertEqual(json.loads(result.stdout), {"step": 3, "names": list(state(0))})
        back, rejected = find_newest_checkpoint(self.folder)
        self.assertEqual((back.progress["step"], rejected), (4, []))
        self.assertEqual(back.progress["configuration"], {"classes": ["café"]})
        for name, value in state(1 / 3).items():
            np.testing.assert_array_equal(back.state[name], value)

    def test_damaged_ones_are_passed_over(self):
        save_checkpoint(self.folder, progress(1), state(1), 9)
        save_checkpoint(self.folder, progress(2), state(2), 9)
        newest = os.path.join(self.folder, "checkpoint-2.safetensors")
        with open(newest, "r+b") as file:
            file.seek(-1, os.SEEK_END)
            file.write(b"\xff")
        with self.assertRaisesRegex(UserError, "not the file"):
            read_checkpoint(os.path.join(self.folder, "checkpoint-2.json"))
        with open(os.path.join(self.folder, "checkpoint-10.json"), "w") as file:
            file.write('{"format": "let-there-be')
        found, rejected = find_newest_checkpoint(self.folder)
        self.assertEqual((found.progress["step"], len(rejected)), (1, 2))

    def test_keeps_the_newest_and_the_best(self):
        for step, best in ((1, None), (2, 2), (3, 2), (10, 2), (11, 2)):
            save_checkpoint(self.folder, progress(step, best), state(step), 2)
        self.assertEqual(self.steps(), [2, 10, 11])
        discard_checkpoints_after(self.folder, 10)
        self.assertEqual(self.steps(), [2, 10])

    def steps(self) -> list[int]:
        names = [name for name in os.listdir(self.folder) if name.endswith(".safetensors")]
        return sorted(int(name.split("-")[1].split(".")[0]) for name in names)


class EarlierFormatsTest(unittest.TestCase):
    def test_checkpoints_of_format_1(self):
        totals = {"steps": 2, "pictures": 8, "colorLoss": 0.5, "classLoss": 9.0, "correct": 3}
        best = {"step": 3, "phase": 0, "epoch": 1, "colorLoss": 0.1}
        first = {**progress(3), "best": best}
        first["epochTotals"] = first["windowTotals"] = {**totals, "labelled": 6, "gradientNorm": 1.5}
        with tempfile.TemporaryDirectory() as folder:
            path = save_checkpoint(folder, first, state(1), 2)
            with open(path, encoding="utf-8") as file:
                content = json.load(file)
            with open(path, "w", encoding="utf-8") as file:
                json.dump({**content, "formatVersion": 1}, file)
            found = read_checkpoint(path).progress
        chosen = {"step": 3, "phase": 0, "epoch": 1, "measure": "colorLoss", "value": 0.1}
        self.assertEqual(found["best"], chosen)
        sums = {"colorLoss": 0.5, "classLoss": 9.0, "accuracy": 3}
        weights = {"pictures": 8, "labelled": 6}
        expected = {"steps": 2, "gradientNorm": 1.5, "sums": sums, "weights": weights}
        self.assertEqual(found["epochTotals"], expected)

    def test_configurations_of_earlier_versions(self):
        network = {"classes": 4}
        recorded = recorded_configuration(
            {"configuration": {"network": network, "loss": {"alpha": 0.1, "reduction": "mean"}}}
        )
        objective = {"type": "hybrid", "alpha": 0.1, "reduction": "mean"}
        self.assertEqual(recorded["objective"], objective)
        self.assertEqual((recorded["parameterGroups"], recorded["movingAverage"]), ([], 0))
        self.assertIsNone(recorded_configuration({"configuration": None}))
        exported = {**recorded, "optimizer": {"type": "adam"}, "augmentation": {}}
        refuse_another_graph({**recorded, "optimizer": {"type": "adam"}}, exported)
        frozen = [{"pattern": "encoder.*", "learningRateFactor": 0}]
        for key, value, message in (
            ("parameterGroups", frozen, "--freeze"),
            ("augmentation", {"grain": 0.1}, "--augmentation"),
            ("optimizer", {"type": "sgd"}, "--optimizer"),
        ):
            with self.assertRaisesRegex(UserError, message):
                refuse_another_graph({**exported, key: value}, exported)


class MeasuresTest(unittest.TestCase):
    def test_means_roots_and_the_best(self):
        loss = {"name": "loss", "label": "colour", "digits": 3, "averagedOver": "pictures"}
        error = {**loss, "name": "error", "label": "error", "root": True, "validationOnly": True}
        hits = {"name": "hits", "label": "hits", "digits": 1, "percentage": True}
        hits["averagedOver"] = "labelled"
        measures = Measures([loss, error, hits], {"measure": "hits", "better": "higher"})
        self.assertEqual(measures.of_training, [loss, hits])
        self.assertEqual((measures.selecting, measures.others), (hits, [loss, error]))
        self.assertTrue(measures.is_better(0.6, 0.5))
        totals = {"sums": {"loss": 2.0, "error": 36.0, "hits": 1}, "weights": {"pictures": 4}}
        means = averages(measures.all, totals)
        self.assertEqual(means, {"loss": 0.5, "error": 3.0, "hits": None})
        self.assertEqual(labelled_texts(measures.all, means), ["colour 0.500", "error 3.000"])
        self.assertEqual(labelled_texts([hits], {"hits": 0.25}), ["hits 25.0 %"])


class PlanTest(unittest.TestCase):
    def test_learning_rates(self):
        phases = [{"crop": 64, "epochs": 2, "batchSize": 10}, {"crop": 96, "epochs": 1, "batchSize": 5}]
        plan = plan_of({"phases": phases}, 53)
        self.assertEqual([phase["batchesPerEpoch"] for phase in plan], [5, 10])

        def rate(decay: dict, phase: int, epoch: int, batch: int) -> float:
            schedule = {"base": 0.8, "warmupSteps": 4, "decay": decay}
            position = {"phase": phase, "epoch": epoch, "batch": batch}
            return learning_rate_at(schedule, plan, position)

        self.assertAlmostEqual(rate({"type": "cosine"}, 0, 0, 1), 0.4)
        # 12 of the 20 planned steps: half of the 16 after the warm-up.
        self.assertAlmostEqual(rate({"type": "cosine"}, 1, 0, 2), 0.4)
        step = {"type": "step", "everyEpochs": 1, "factor": 0.5}
        self.assertAlmostEqual(rate(step, 1, 0, 0), 0.2)

    def test_positions_move_to_the_next_phase(self):
        plan = [{"epochs": 2}, {"epochs": 1}]
        done = {"phase": 0, "epoch": 2, "batch": 0}
        self.assertEqual(settle(plan, done), {"phase": 1, "epoch": 0, "batch": 0})
        self.assertEqual(settle(plan, {**done, "epoch": 1}), {**done, "epoch": 1})


if __name__ == "__main__":
    unittest.main()
