"""Every operator that core's builder emits, against what ONNX Runtime computes."""

from __future__ import annotations

import os
import re
import unittest

import numpy as np
import onnx
import torch
from expectations import ROOT, folder

from ltbc_cluster.graph_program import GraphProgram, NetworkBoundary
from ltbc_cluster.onnx_graph import Node, OnnxGraph, read_graph
from ltbc_cluster.operators import OPERATORS
from ltbc_cluster.safetensors_file import read_safetensors
from ltbc_cluster.user_error import UserError


def program(graph: OnnxGraph) -> GraphProgram:
    """All of the graph as the network."""
    return GraphProgram(graph, NetworkBoundary(graph.inputs[0], graph.outputs))


class OperatorsTest(unittest.TestCase):
    def test_agrees_with_onnx_runtime(self):
        path = folder("operator")
        names = sorted(name[:-5] for name in os.listdir(path) if name.endswith(".onnx"))
        self.assertGreater(len(names), 45)
        seen: set[str] = set()
        for name in names:
            graph = read_graph(os.path.join(path, f"{name}.onnx"))
            seen.update(node.operator for node in graph.nodes)
            tensors, _, _ = read_safetensors(os.path.join(path, f"{name}.safetensors"))
            feeds = {key: torch.from_numpy(np.array(value)) for key, value in tensors.items()}
            expected = feeds.pop("output")
            with self.subTest(name):
                output = program(graph).run(feeds)["output"]
                self.assertEqual(output.shape, expected.shape)
                np.testing.assert_allclose(output.numpy(), expected.numpy(), rtol=1e-5, atol=1e-5)
        self.assertEqual(seen, set(OPERATORS), "every operator of the table is tested")

    def test_knows_every_operator_of_the_builder(self):
        """Whatever function emits them: every text in core's sources that names an operator."""
        operators = {schema.name for schema in onnx.defs.get_all_schemas()}
        emitted: set[str] = set()
        source = os.path.join(ROOT, "packages", "core", "src")
        for place, folders, files in os.walk(source):
            # Models in 8 bits come after training; tests emit what they like.
            folders[:] = [name for name in folders if name not in ("int8", "testing")]
            for file in files:
                if file.endswith(".ts") and not file.endswith(".test.ts"):
                    with open(os.path.join(place, file), encoding="utf-8") as text:
                        emitted.update(re.findall(r'"(\w+)"', text.read()))
        emitted &= operators
        # Some that only helper functions are given.
        self.assertLessEqual({"Conv", "Sub", "ReduceMean", "GatherElements", "Clip"}, emitted)
        self.assertEqual(emitted, set(OPERATORS))

    def test_names_an_unknown_operator(self):
        node = Node("Einsum", ("x",), ("y",))
        with self.assertRaisesRegex(UserError, "Einsum"):
            program(OnnxGraph(("x",), ("y",), (node,), {}))

    def test_names_an_unknown_form_of_a_known_operator(self):
        node = Node("Resize", ("x", "", "", "sizes"), ("y",), {"mode": "cubic"})
        sizes = {"sizes": torch.tensor([1, 1, 4, 4])}
        with self.assertRaisesRegex(UserError, "cubic"):
            program(OnnxGraph(("x",), ("y",), (node,), sizes)).run({"x": torch.zeros(1, 1, 2, 2)})


if __name__ == "__main__":
    unittest.main()
