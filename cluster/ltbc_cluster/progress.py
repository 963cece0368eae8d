"""What the first process prints."""

from __future__ import annotations

import time
from collections import deque
from typing import Any, Mapping, Optional


class ProgressLines:
    """:param enabled: only the first process of a run prints"""

    def __init__(self, enabled: bool):
        self._enabled = enabled
        self._since = time.monotonic()
        self._pictures = 0
        #: (pictures, seconds) of the last stretches between two lines.
        self._recent: deque[tuple[int, float]] = deque(maxlen=5)

    def show(self, text: str) -> None:
        if self._enabled:
            print(text, flush=True)

    def resume(self) -> None:
        """The next step starts now: what went before (validation, saving) is not its time."""
        self._since = time.monotonic()
        self._pictures = 0

    def count(self, pictures: int) -> None:
        self._pictures += pictures

    def images_per_second(self) -> float:
        """Speed of all processes together. Call after the device has finished."""
        self._recent.append((self._pictures, time.monotonic() - self._since))
        self.resume()
        seconds = sum(each for _, each in self._recent)
        return sum(pictures for pictures, _ in self._recent) / max(seconds, 1e-9)

    def show_step(self, place: str, means: Mapping[str, Optional[float]]) -> None:
        pictures, seconds = self._recent[-1]
        text = f"{place}  {pictures / max(seconds, 1e-9):.3g} images/s  {_measures(means)}"
        self.show(text)

    def show_validation(self, record: Mapping[str, Any], epochs: int, best: int) -> None:
        verdict = "best so far" if record["improved"] else f"best: epoch {best}"
        self.show(
            f"Epoch {record['epoch']}/{epochs}  validation: {_measures(record)} "
            f"(training {record['training']['colorLoss']:.5f}), ab error {record['abError']:.2f}, "
            f"{verdict}"
        )


def _measures(means: Mapping[str, Any]) -> str:
    text = f"colour {means['colorLoss']:.5f}"
    if means["classLoss"] is None:
        return text
    return f"{text}  class {means['classLoss']:.3f}  accuracy {100 * means['accuracy']:.1f} %"
