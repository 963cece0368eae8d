"""The runner against `ltbc train`'s own network: same weights, same batches, same losses."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import unittest
from dataclasses import replace

import numpy as np
import torch
from expectations import TESTS, TWO_PROCESSES, TrainingCase, training_cases
from steps import network_of, repeat, run_steps

from ltbc_cluster.graph_program import GraphProgram, NetworkBoundary, parts_of
from ltbc_cluster.onnx_graph import Node
from ltbc_cluster.processes import Processes
from ltbc_cluster.trainable_network import Precision
from ltbc_cluster.training_export import read_training_export
from ltbc_cluster.user_error import UserError

# Threads that wait for each other only slow down what is so small.
torch.set_num_threads(1)
#: Largest relative difference of gradient norms in narrow networks of many layers: one unit more over
#: its kink, and the norm is another by 3 % (seen with a ten millionth more of luminance); normalised by
#: smooth pictures that hardly differ, by 4 %.
_SENSITIVE = {"mobilenet": 0.05, "mobilenet-batch": 0.05}
ALONE = Processes(0, 1, 0, 1, torch.device("cpu"))


def _is_square(node: Node) -> bool:
    return node.operator == "Mul" and node.inputs[0] == node.inputs[1]


class AgreementTest(unittest.TestCase):
    def assert_measures(self, found: dict, case: TrainingCase) -> None:
        expected = case.measures
        for step, (own, theirs) in enumerate(zip(found["steps"], expected["steps"]), 1):
            self.assertEqual(own["weights"], theirs["weights"])
            self.assertEqual(own["sums"].keys(), theirs["sums"].keys())
            for measure, value in theirs["sums"].items():
                self.assert_close(own["sums"][measure], value, 1e-4, f"{measure}, step {step}")
            # The gradient jumps where rounding moves a unit over the kink of its Relu.
            limit = 1e-4 if step == 1 else 1e-2
            limit = max(limit, _SENSITIVE.get(case.name, 0))
            self.assert_close(own["gradientNorm"], theirs["gradientNorm"], limit, f"norm, {step}")
        weights = {**found["evaluation"]["weights"], "pictures": own["weights"]["pictures"]}
        self.assertEqual(weights, expected["evaluation"]["weights"])
        for measure, value in expected["evaluation"]["sums"].items():
            # Five updates and five running statistics further.
            ours = found["evaluation"]["sums"][measure]
            self.assert_close(ours, value, 1e-3, f"evaluation, {measure}")

    def assert_close(self, found: float, expected: float, tolerance: float, what: str) -> None:
        difference = abs(found - expected)
        limit = tolerance * max(abs(expected), 1e-6)
        self.assertLessEqual(difference, limit, f"{what}: {found} for {expected}")

    def test_one_process(self):
        cases = training_cases()
        self.assertGreaterEqual(len(cases), 1)
        for name in cases:
            with self.subTest(name):
                case = TrainingCase(name)
                network = network_of(case, ALONE)
                self.assert_measures(run_steps(network, case, ALONE), case)
                # In the order of checkpoints.
                self.assertEqual(list(network.read_state()), list(case.state()))

    def test_frozen_slow_and_averaged_parameters(self):
        case = TrainingCase("groups")
        network = network_of(case, ALONE)
        # Copied: on CPUs the arrays are the parameters' own memory.
        start = {name: np.array(value) for name, value in network.read_state().items()}
        run_steps(network, case, ALONE)
        found, expected = network.read_state(), case.state()
        self.assertTrue(any(name.endswith("/average") for name in found))
        for name, value in expected.items():
            moved = np.linalg.norm(value - start[name])
            error = np.linalg.norm(found[name] - value)
            self.assertLessEqual(error, 1e-2 * moved, name)
            parameter = name.split("/")[0]
            frozen = parameter.startswith("low_level.") or parameter == "fusion.global.weight"
            self.assertEqual(moved == 0, frozen, name)

    def test_batch_normalization_of_another_form_is_refused(self):
        export = read_training_export(TrainingCase("iizuka2016").graph)
        training = export.crops[32].training
        boundary = NetworkBoundary(training.network["input"], tuple(training.network["outputs"]))
        # As if variances were made of absolute values.
        square = next(node for node in training.graph.nodes if _is_square(node))
        other = replace(square, operator="Abs", inputs=square.inputs[:1])
        nodes = tuple(other if node is square else node for node in training.graph.nodes)
        for synchronize in (True, False):
            with self.assertRaisesRegex(UserError, "batch normalisation that .*next belongs to"):
                GraphProgram(replace(training.graph, nodes=nodes), boundary, synchronize=synchronize)

    def test_two_processes_with_half_the_batch_each(self):
        """Batch normalisation, a global image, dropout, pictures without labels or colour, and random
        changes of pictures included."""
        for name in ("iizuka2016", "jacob-darcet2021", "mobilenet", "mobilenet-batch"):
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                output = os.path.join(folder, "measures.json")
                launch = [*TWO_PROCESSES, f"--log_dir={folder}/logs"]
                program = [os.path.join(TESTS, "steps.py"), name, output, "synchronized"]
                subprocess.run([*launch, *program], check=True)
                with open(output, encoding="utf-8") as file:
                    self.assert_measures(json.load(file), TrainingCase(name))

    def test_bfloat16_and_channels_last_stay_close(self):
        """What CUDA runs by default, as far as a CPU can tell."""
        precision = Precision(bf16=True, channels_last=True)
        for name in ("iizuka2016", "jacob-darcet2021"):
            with self.subTest(name):
                case = TrainingCase(name)
                found = repeat(case, ALONE, precision=precision)
                for own, theirs in zip(found["steps"], case.measures["steps"]):
                    # bfloat16 has 8 bits: 0.4 % for every number on the way. Normalising vectors
                    # of eight pictures, on the way to the classes, enlarges that.
                    for measure, limit in (("colorLoss", 0.01), ("classLoss", 0.1)):
                        value = theirs["sums"][measure]
                        self.assert_close(own["sums"][measure], value, limit, measure)

    def test_only_the_network_is_computed_in_bfloat16(self):
        training = read_training_export(TrainingCase("augmentation").graph).crops[32].training
        boundary = NetworkBoundary(training.network["input"], tuple(training.network["outputs"]))
        before, network, after = (
            [node.operator for node in part] for part in parts_of(training.graph.nodes, boundary)
        )
        # Blurred pictures, and the cosine transform of their blocks.
        self.assertTrue({"MatMul", "Round"} <= set(before))
        self.assertNotIn("Relu", before + after)
        # The cross entropy.
        self.assertIn("LogSoftmax", after)
        self.assertNotIn("LogSoftmax", network)
        self.assertGreater(network.count("Conv"), 10)

    def test_every_batch_normalization_is_fused(self):
        from ltbc_cluster.batch_normalization import FUSED, fuse_batch_normalization

        crops = read_training_export(TrainingCase("iizuka2016").graph).crops
        graph = crops[32].training.graph
        nodes = fuse_batch_normalization(graph)
        fused = [node for node in nodes if node.operator == FUSED]
        # Six low-level layers twice, two mid-level, four global, three hidden, fusion, four colour.
        self.assertEqual(len(fused), 26)
        self.assertFalse([node for node in nodes if node.operator == "Sqrt"])


if __name__ == "__main__":
    unittest.main()
