"""From the bytes of a file to upright 8-bit sRGB pixels of the wanted size."""

from __future__ import annotations

import io
import math

import numpy as np
import torch
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from ..lab import rgb_to_lab

#: More pixels are refused: the file may be small and its picture fill the memory.
_MAXIMUM_PIXELS = 100_000_000
_MAXIMUM_ASPECT = 20
_FORMATS = {"JPEG", "PNG", "WEBP", "TIFF", "GIF", "MPO", "AVIF", "HEIF"}
_MAXIMUM_CHROMA_SAMPLES = 1024
_SRGB = ImageCms.createProfile("sRGB")
# Our own limit comes before decoding.
Image.MAX_IMAGE_PIXELS = None


def decode_picture(content: bytes, short_side: int, enlarge: bool = True) -> np.ndarray:
    """uint8 [H, W, 3] with the short side scaled (antialiased) to `short_side` pixels; smaller
    pictures are enlarged if `enlarge`, else kept.

    Profiles are converted to sRGB, transparency is laid on white, of animations the first frame
    is taken. Raises an exception that says what is wrong with a broken file.
    """
    with _opened(content) as image:
        width, height = image.size
        if image.format not in _FORMATS:
            raise ValueError(f"the file is {image.format}, not a photograph")
        if width * height > _MAXIMUM_PIXELS:
            raise ValueError(f"{width} x {height} pixels are too many")
        if width > _MAXIMUM_ASPECT * height or height > _MAXIMUM_ASPECT * width:
            raise ValueError(f"{width} x {height} pixels: one side is over 20 times the other")
        if not enlarge:
            short_side = min(short_side, width, height)
        profile = image.info.get("icc_profile")
        if image.format == "JPEG":
            # Lets the decoder shrink by 2, 4 or 8 as long as twice the wanted size remains.
            image.draft(None, (2 * short_side, 2 * short_side))
        upright = ImageOps.exif_transpose(image)
        return np.array(_scaled(_srgb(upright, profile), short_side, (width, height)))


def _opened(content: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(content))
    except UnidentifiedImageError:
        raise ValueError("the file is no picture that this machine can decode") from None


def _srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        # 16-bit grey: Pillow's own conversion would clip it.
        codes = np.asarray(image).astype(np.float64) / 257
        image = Image.fromarray(np.clip(np.rint(codes), 0, 255).astype(np.uint8))
    if "A" in image.mode or "transparency" in image.info:
        colored = image.convert("RGBA")
        white = Image.new("RGBA", colored.size, "white")
        image = Image.alpha_composite(white, colored).convert("RGB")
    if profile and image.mode in ("RGB", "CMYK", "L"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            return ImageCms.profileToProfile(image, source, _SRGB, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # A profile that is damaged or for other channels counts as none.
    return image.convert("RGB")


def _scaled(image: Image.Image, short_side: int, full_size: tuple[int, int]) -> Image.Image:
    """:param full_size: sides of the file's picture, in any order, before the decoder shrank it"""
    long_side = max(short_side, math.floor(short_side * max(full_size) / min(full_size) + 0.5))
    wide = image.width >= image.height
    size = (long_side, short_side) if wide else (short_side, long_side)
    return image if image.size == size else image.resize(size, Image.Resampling.LANCZOS)


def mean_chroma(rgb: np.ndarray) -> float:
    """Mean of sqrt(a*^2 + b*^2) in CIELAB units, from about 1,000 pixels on a regular grid."""
    height, width, _ = rgb.shape
    step = math.ceil(math.sqrt(width * height / _MAXIMUM_CHROMA_SAMPLES))
    samples = torch.from_numpy(np.ascontiguousarray(rgb[::step, ::step]))
    _, ab = rgb_to_lab(samples.unsqueeze(0))
    return float(ab.square().sum(1).sqrt().mean())
