"""What the first process prints."""

from __future__ import annotations

import time
from collections import deque
from typing import Any, Mapping

from .measures import Averages, Measures, labelled_texts, measure_text


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

    def show_step(self, place: str, measures: Measures, means: Averages) -> None:
        pictures, seconds = self._recent[-1]
        rate = f"{pictures / max(seconds, 1e-9):.3g} images/s"
        self.show("  ".join([place, rate, *labelled_texts(measures.of_training, means)]))

    def show_validation(
        self, record: Mapping[str, Any], measures: Measures, epochs: int, best: int
    ) -> None:
        """:param record: of the journal; its measures stand beside the other fields"""
        chosen_by = measures.selecting
        name = chosen_by["name"]
        text = f"validation: {chosen_by['label']} {measure_text(chosen_by, record[name])}"
        if name in record["training"]:
            text += f" (training {measure_text(chosen_by, record['training'][name])})"
        verdict = "best so far" if record["improved"] else f"best: epoch {best}"
        parts = [text, *labelled_texts(measures.others, record), verdict]
        self.show(f"Epoch {record['epoch']}/{epochs}  {', '.join(parts)}")
