"""Squares of pictures at another size, as packages/node/src/dataset/view.ts makes them."""

from __future__ import annotations

import numpy as np
from PIL import Image


def view_of(
    picture: np.ndarray, left: int, top: int, side: int, size: int, flip: bool
) -> np.ndarray:
    """uint8 [size, size, 3]: a square of a picture [H, W, 3], mirrored left to right if `flip`.

    :param side: of the square in the picture, in pixels; it must lie inside
    """
    square = picture[top : top + side, left : left + side]
    if side != size:
        # Pillow's triangle filter widens when shrinking, as ltbc's does; what it rounds between rows
        # and columns makes at most one code of difference.
        scaled = Image.fromarray(square).resize((size, size), Image.Resampling.BILINEAR)
        square = np.asarray(scaled)
    return square[:, ::-1] if flip else square
