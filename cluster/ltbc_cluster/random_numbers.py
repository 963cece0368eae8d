"""The project's counter-based random numbers: every value is a pure function of a seed and
counters, the same as `packages/core/src/random.ts` draws. So a run continued here, there, or by
another number of processes sees the same pictures in the same crops."""

from __future__ import annotations

from typing import Union

import numpy as np
import torch
from torch import Tensor

Counter = Union[int, np.ndarray]

#: What the random numbers of a training run are drawn for (packages/node/src/dataset).
ORDER, SUBSTITUTE, CROP_LEFT, CROP_TOP, FLIP, VIEW = 1, 2, 3, 4, 5, 6
_LOW_32_BITS = 0xFFFFFFFF


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


def random_uniform_tensor(
    seed: int, counter: int, first: int, length: int, device: torch.device
) -> Tensor:
    """random_uniform(seed, counter, first .. first + length - 1), made on a device; float32."""
    start = int(random_uint32(seed, counter)) * 0x9E3779B1 & _LOW_32_BITS
    # In int64: products overflow, but their low 32 bits are right.
    words = torch.arange(first, first + length, device=device).bitwise_and_(_LOW_32_BITS) ^ start
    words = words ^ (words >> 16)
    words = words.mul_(0x85EBCA6B).bitwise_and_(_LOW_32_BITS)
    words = words ^ (words >> 13)
    words = words.mul_(0xC2B2AE35).bitwise_and_(_LOW_32_BITS)
    words = words ^ (words >> 16)
    return (words.double() / 4294967296.0).float()


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
