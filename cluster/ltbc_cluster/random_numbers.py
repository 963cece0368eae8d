"""The project's counter-based random numbers: every value is a pure function of a seed and
counters, the same as `packages/core/src/random.ts` draws. So a run continued here, there, or by
another number of processes sees the same pictures in the same crops."""

from __future__ import annotations

from typing import Union

import numpy as np

Counter = Union[int, np.ndarray]

#: What the random numbers of a training run are drawn for (packages/node/src/dataset).
ORDER, SUBSTITUTE, CROP_LEFT, CROP_TOP, FLIP = 1, 2, 3, 4, 5


def random_uint32(seed: int, *counters: Counter) -> np.ndarray:
    """Hashes a seed and counters (whole numbers, or arrays that broadcast) to uint32."""
    with np.errstate(over="ignore"):
        value = _mix(np.asarray(seed & 0xFFFFFFFF, dtype=np.uint32))
        for counter in counters:
            word = np.asarray(counter).astype(np.int64).astype(np.uint32)
            value = _mix((value * np.uint32(0x9E3779B1)) ^ word)
    return value


def random_uniform(seed: int, *counters: Counter) -> np.ndarray:
    """Uniform in [0, 1), float64."""
    return random_uint32(seed, *counters) / 4294967296.0


def random_permutation(length: int, seed: int, *counters: int) -> np.ndarray:
    """A permutation of 0..length-1 (Fisher-Yates), int64 [length]."""
    last = np.arange(length - 1, 0, -1)
    others = np.floor(random_uniform(seed, *counters, last) * (last + 1)).astype(np.int64)
    order = list(range(length))
    for index, other in zip(last.tolist(), others.tolist()):
        order[index], order[other] = order[other], order[index]
    return np.array(order, dtype=np.int64)


def _mix(word: np.ndarray) -> np.ndarray:
    """The finaliser of MurmurHash3 (Appleby, public domain)."""
    value = word ^ (word >> np.uint32(16))
    value = value * np.uint32(0x85EBCA6B)
    value = value ^ (value >> np.uint32(13))
    value = value * np.uint32(0xC2B2AE35)
    return value ^ (value >> np.uint32(16))
