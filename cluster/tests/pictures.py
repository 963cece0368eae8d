"""Generated photographs, for machines without any: a colour for each class, texture and gradients,
so that there is something to learn."""

from __future__ import annotations

import io
import os
import zipfile

import numpy as np
from PIL import Image

CLASSES = ("beach", "café", "forest", "night")
_ENDINGS = {"JPEG": "jpg", "PNG": "png"}
_HUES = {"beach": (220, 190, 120), "café": (160, 90, 60), "forest": (60, 130, 50), "night": (40, 50, 120)}


def picture(class_name: str, seed: int, width: int = 60, height: int = 48) -> np.ndarray:
    """uint8 [height, width, 3]"""
    random = np.random.default_rng([seed, CLASSES.index(class_name)])
    y, x = np.mgrid[0:height, 0:width] / height
    wave = np.sin(random.uniform(4, 12) * x + random.uniform(4, 12) * y)[..., None]
    color = np.array(_HUES[class_name]) * (1 + 0.3 * wave) + random.normal(0, 6, (height, width, 3))
    return np.clip(color, 0, 255).astype(np.uint8)


def encoded(rgb: np.ndarray, kind: str = "JPEG") -> bytes:
    target = io.BytesIO()
    Image.fromarray(rgb).save(target, kind, quality=92)
    return target.getvalue()


def write_zip(path: str, per_class: int, kind: str = "JPEG") -> None:
    """A zip with a folder per class, half of the entries deflated, and one broken picture."""
    with zipfile.ZipFile(path, "w") as archive:
        for name in CLASSES:
            for index in range(per_class):
                method = zipfile.ZIP_DEFLATED if index % 2 else zipfile.ZIP_STORED
                content = encoded(picture(name, index), kind)
                archive.writestr(f"set/{name}/{index}.{_ENDINGS[kind]}", content, method)
        archive.writestr("set/night/broken.jpg", b"no picture")
        archive.writestr("set/night/readme.txt", b"no picture either")


def write_folder(path: str, per_class: int) -> None:
    for name in CLASSES:
        os.makedirs(os.path.join(path, name))
        for index in range(per_class):
            with open(os.path.join(path, name, f"{index}.jpg"), "wb") as file:
                file.write(encoded(picture(name, index)))
