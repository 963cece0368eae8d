"""The runner as people run it: processes of its own, killed and restarted, and what ltbc makes of
its run folder. With LTBC_PLACES_VAL (a zip with a folder per class) the compact network trains on
that one, otherwise a narrow one on generated pictures."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import numpy as np
from expectations import CLUSTER, ROOT, TWO_PROCESSES
from PIL import Image
from pictures import write_zip

from ltbc_cluster.checkpoint import find_newest_checkpoint

_LTBC = """
import { main } from "file://%s/packages/node/dist/cli/main.js";
process.exitCode = await main(process.argv.slice(1));
"""
_NARROW = {
    "lowLevel": {"layers": [{"channels": 8, "stride": 2}, {"channels": 8, "stride": 2}]},
    "midLevel": {"channels": [8]},
    "global": {
        "layers": [{"channels": 8, "stride": 2}],
        "pooling": {"type": "average"},
        "hidden": [16, 8],
    },
    "fusion": {"channels": 8},
    "colorization": {"stages": [[8], [8]]},
}


def ltbc(*arguments: str) -> str:
    command = ["node", "--input-type=module", "-e", _LTBC % ROOT, *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout


def journal(run: str) -> list[dict]:
    with open(os.path.join(run, "journal.jsonl"), encoding="utf-8") as file:
        return [json.loads(line) for line in file]


class WholeRunTest(unittest.TestCase):
    #: What else both programs must understand in the same way.
    choices = ["--freeze", "low_level.0", "--learning-rate-factor", "mid_level=0.5"]
    choices += ["--moving-average", "0.9", "--views", "0.6-1", "--augmentation", "grain=0.5,tone=0.2"]

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = cls.temporary.name
        given = os.environ.get("LTBC_PLACES_VAL")
        cls.pictures = given or os.path.join(cls.folder, "pictures.zip")
        cls.graph = os.path.join(cls.folder, "net.onnx")
        if given:
            options = ["--crop", "64", "--batch", "32", "--epochs", "1", "--warmup", "10"]
        else:
            write_zip(cls.pictures, 20)
            network = os.path.join(cls.folder, "network.json")
            with open(network, "w", encoding="utf-8") as file:
                json.dump(_NARROW, file)
            options = ["--network", network, "--class-count", "4", "--minimum-chroma", "1"]
            options += ["--crop", "32", "--batch", "8", "--epochs", "6", *cls.choices]
        cls.exported = options
        ltbc("export-training", "compact", "-o", cls.graph, *options)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def arguments(self, run: str, *others: str) -> list[str]:
        program = os.path.join(CLUSTER, "train.py")
        data = ["--graph", self.graph, "--data", self.pictures, "--run", run]
        return [program, *data, "--workers", "1", "--threads", "1", "--device", "cpu", *others]

    def test_two_processes_one_killed_then_continued_and_exported_by_ltbc(self):
        run = os.path.join(self.folder, "two")
        launch = [*TWO_PROCESSES, "--max_restarts=2", f"--log_dir={self.folder}/logs"]
        minutes = "0.1" if "LTBC_PLACES_VAL" in os.environ else "0.005"
        often = ["--checkpoint-minutes", minutes, "--validation-fraction", "0.1"]
        command = [*launch, *self.arguments(run, *often)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            killed = False
            lines = []
            for line in process.stdout:
                lines.append(line)
                if not killed and "Saved" in line and "checkpoint-0.json" not in line:
                    os.kill(self.worker(process.pid), signal.SIGKILL)
                    killed = True
        output = "".join(lines)
        self.assertEqual(process.returncode, 0, output)
        self.assertTrue(killed, output)
        self.assertIn("Continuing from", output)
        self.assertIn("images/s", output)
        records = journal(run)
        self.assertEqual(records[0]["type"], "start")
        self.assertIn("resume", [record["type"] for record in records])
        # What the killed processes wrote after the checkpoint is gone: every step counts once.
        steps = [record["step"] for record in records if record["type"] == "steps"]
        self.assertEqual(steps, sorted(set(steps)))
        plan = records[0]["plan"][0]
        checkpoint, rejected = find_newest_checkpoint(run)
        self.assertEqual(rejected, [])
        self.assertEqual(checkpoint.progress["step"], plan["epochs"] * plan["batchesPerEpoch"])
        validations = checkpoint.progress["validations"]
        self.assertEqual(len(validations), plan["epochs"])
        if "LTBC_PLACES_VAL" not in os.environ:
            losses = [record["colorLoss"] for record in validations]
            self.assertLess(min(losses), 0.7 * losses[0], "it learns")
            self.continue_with_ltbc(run, plan["epochs"] + 1)
        self.colorize(run)

    def continue_with_ltbc(self, run: str, epochs: int) -> None:
        ltbc("train", "--resume", run, "--epochs", str(epochs), "--threads", "1")
        checkpoint, _ = find_newest_checkpoint(run)
        validations = checkpoint.progress["validations"]
        self.assertEqual(len(validations), epochs)
        before, after = (record["colorLoss"] for record in validations[-2:])
        self.assertLess(after, 2 * before)
        # And back again: the run is finished, which the runner sees.
        command = [sys.executable, *self.arguments(run, "--validation-fraction", "0.1")]
        result = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        step = checkpoint.progress["step"]
        self.assertIn(f"finished after {step} steps", result.stdout)

    def colorize(self, run: str) -> None:
        model = os.path.join(self.folder, "model.onnx")
        ltbc("export", run, "-o", model)
        photograph = os.path.join(ROOT, "samples", "meadow.jpg")
        colored = os.path.join(self.folder, "out")
        ltbc("colorize", photograph, "--model", model, "-o", colored, "--format", "png")
        (name,) = (each for each in os.listdir(colored) if not each.startswith("."))  # nor the journal
        with Image.open(photograph) as before, Image.open(os.path.join(colored, name)) as after:
            self.assertEqual(after.size, before.size)
            rgb = np.asarray(after.convert("RGB")).astype(int)
        self.assertGreater((rgb.max(2) - rgb.min(2)).mean(), 1, "it has colour")

    def worker(self, launcher: int) -> int:
        """A training process that the launcher started."""
        path = f"/proc/{launcher}/task/{launcher}/children"
        with open(path, encoding="utf-8") as file:
            return int(file.read().split()[-1])

    def test_one_process_stops_at_sigterm_and_goes_on(self):
        run = os.path.join(self.folder, "one")
        cache = os.path.join(self.folder, "cache")
        shared = ["--cache-decoded", cache, "--validation-fraction", "0.1"]
        command = [sys.executable, *self.arguments(run, *shared)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            self.assertIn("1 processes on cpu", self.next_line(process, "processes"))
            self.next_line(process, "checkpoint-0.json")
            process.send_signal(signal.SIGTERM)
            rest = process.stdout.read()
        self.assertEqual(process.returncode, 0, rest)
        self.assertIn("interrupted after", rest)
        stopped, _ = find_newest_checkpoint(run)
        command += ["--max-minutes", "0.05"] if "LTBC_PLACES_VAL" in os.environ else []
        result = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        self.assertIn(f"(step {stopped.progress['step']})", result.stdout)
        goal = "time after" if "LTBC_PLACES_VAL" in os.environ else "finished after"
        self.assertIn(goal, result.stdout)

    def next_line(self, process: subprocess.Popen, text: str) -> str:
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            line = process.stdout.readline()
            if text in line or not line:
                return line
        raise AssertionError(f"{text} did not come")

    @unittest.skipIf("LTBC_PLACES_VAL" in os.environ, "one run on photographs is enough")
    def test_phases_of_two_sizes(self):
        graph = os.path.join(self.folder, "phases.onnx")
        network = os.path.join(self.folder, "network.json")
        options = ["--network", network, "--class-count", "4", "--minimum-chroma", "1"]
        ltbc("export-training", "compact", "-o", graph, *options, "--phases", "16x1@16,32x2@8")
        run = os.path.join(self.folder, "phases")
        command = [sys.executable, *self.arguments(run, "--validation-fraction", "0.1")]
        command[command.index(self.graph)] = graph
        result = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        # 72 pictures: four steps of 16, then twice nine of 8.
        self.assertIn("finished after 22 steps, best: epoch", result.stdout)
        validations = [record for record in journal(run) if record["type"] == "validation"]
        self.assertEqual([record["crop"] for record in validations], [16, 32, 32])

    def test_another_loss_than_the_run_began_with_is_refused(self):
        run = os.path.join(self.folder, "refused")
        shared = ["--validation-fraction", "0.1", "--max-minutes", "0"]
        subprocess.run([sys.executable, *self.arguments(run, *shared)], check=True)
        graph = os.path.join(self.folder, "alpha.onnx")
        ltbc("export-training", "compact", "-o", graph, *self.exported, "--alpha", "0.5")
        command = [sys.executable, *self.arguments(run, *shared)]
        command[command.index(self.graph)] = graph
        result = subprocess.run(command, stderr=subprocess.PIPE, text=True)
        self.assertEqual(result.returncode, 1)
        self.assertIn("The run's objective is not that of the exported graph", result.stderr)

    def test_mistakes_are_explained(self):
        def fails(*arguments: str) -> str:
            command = [sys.executable, *arguments]
            result = subprocess.run(command, stderr=subprocess.PIPE, text=True)
            self.assertEqual(result.returncode, 1, result.stderr)
            self.assertNotIn("Traceback", result.stderr)
            return result.stderr

        run = os.path.join(self.folder, "none")
        missing = [os.path.join(CLUSTER, "train.py"), "--graph", "nowhere.onnx"]
        self.assertIn("export-training", fails(*missing, "--data", self.pictures, "--run", run))
        folder = os.path.join(self.folder, "one-class", "only")
        os.makedirs(folder)
        Image.new("RGB", (64, 64), "red").save(os.path.join(folder, "1.png"))
        Image.new("RGB", (64, 64), "red").save(os.path.join(folder, "2.png"))
        arguments = self.arguments(run, "--validation-fraction", "0.5")
        arguments[arguments.index(self.pictures)] = os.path.dirname(folder)
        self.assertIn("has 0 classes but the graph was exported for", fails(*arguments))


if __name__ == "__main__":
    unittest.main()
