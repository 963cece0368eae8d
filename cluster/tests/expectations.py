"""What the TypeScript code computes, written by its own scripts once for all tests.

The folder in LTBC_EXPECTATIONS is used if it is set (and filled if it is empty), so that several
test runs share it.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import tempfile

import numpy as np

TESTS = os.path.dirname(os.path.abspath(__file__))
CLUSTER = os.path.dirname(TESTS)
ROOT = os.path.dirname(CLUSTER)
sys.path.insert(0, CLUSTER)

#: torchrun on this machine, two processes. PyTorch 1.13 under Python 3.11 (Debian 12) cannot start
#: without --redirects and --tee; they put "[default0]:" before every line.
TWO_PROCESSES = [
    *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"),
    *("--redirects=1", "--tee=1"),
]

_temporary = tempfile.TemporaryDirectory()


@functools.lru_cache
def folder(kind: str) -> str:
    """Folder with the files of `<kind>-cases.mjs`."""
    base = os.environ.get("LTBC_EXPECTATIONS") or _temporary.name
    path = os.path.join(base, kind)
    if not os.path.isdir(path) or not os.listdir(path):
        os.makedirs(path, exist_ok=True)
        script = os.path.join(TESTS, f"{kind}-cases.mjs")
        names = os.environ.get("LTBC_TRAINING_CASES", "").split() if kind == "training" else []
        subprocess.run(["node", script, path, *names], check=True, cwd=ROOT)
    return path


class TrainingCase:
    """Five batches, and the measures of ltbc's own steps on them."""

    def __init__(self, name: str):
        from ltbc_cluster.safetensors_file import read_safetensors

        self.name = name
        self.path = os.path.join(folder("training"), name)
        self.graph = os.path.join(self.path, "net.onnx")
        self.tensors, _, _ = read_safetensors(os.path.join(self.path, "batches.safetensors"))
        with open(os.path.join(self.path, "measures.json"), encoding="utf-8") as file:
            self.measures = json.load(file)

    def state(self) -> dict[str, np.ndarray]:
        """Parameters, optimizer state and moving averages after the steps."""
        from ltbc_cluster.safetensors_file import read_safetensors

        return read_safetensors(os.path.join(self.path, "state.safetensors"))[0]

    def batch(self, step: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """L* [N, 1, H, W], a*b* [N, 2, H, W], labels [N] of a step from 1."""
        parts = (self.tensors[f"{step}/{name}"] for name in ("luminance", "ab", "labels"))
        return tuple(np.array(part) for part in parts)


def training_cases() -> list[str]:
    return sorted(os.listdir(folder("training")))
