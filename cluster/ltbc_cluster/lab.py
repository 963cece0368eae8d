"""sRGB pictures to CIELAB (D65), on whatever device they lie; as packages/core/src/color."""

from __future__ import annotations

import torch
from torch import Tensor

# Linear sRGB -> XYZ (B. Lindbloom), rows scaled to sum to 1: neutral greys get a* = b* = 0.
_ROWS = torch.tensor(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ],
    dtype=torch.float64,
)
_TO_XYZ = (_ROWS / _ROWS.sum(1, keepdim=True)).float()
_EPSILON = 216 / 24389  # (6/29)^3, CIE 15:2004
_KAPPA = 24389 / 27  # (29/3)^3


def _linear_table() -> Tensor:
    """Linear light of every 8-bit sRGB code (IEC 61966-2-1), [256]."""
    code = torch.arange(256, dtype=torch.float64) / 255
    return torch.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4).float()


_LINEAR = _linear_table()


def rgb_to_lab(rgb: Tensor) -> tuple[Tensor, Tensor]:
    """
    :param rgb: uint8 [N, H, W, 3]
    :returns: L* 0..100 [N, 1, H, W], and a*b* in CIELAB units [N, 2, H, W]; float32
    """
    linear = _LINEAR.to(rgb.device)[rgb.long()]
    # Not a matrix product: those may be rounded to TF32 or bf16 on GPUs.
    red, green, blue = linear.unbind(3)
    f = [_curve(x * red + y * green + z * blue) for x, y, z in _TO_XYZ.tolist()]
    luminance = 116 * f[1] - 16
    ab = torch.stack([500 * (f[0] - f[1]), 200 * (f[1] - f[2])], 1)
    return luminance.unsqueeze(1), ab


def _curve(t: Tensor) -> Tensor:
    """The lightness function f(t) of CIELAB (CIE 15:2004, 8.2.1)."""
    return torch.where(t > _EPSILON, t.clamp(min=_EPSILON) ** (1 / 3), (_KAPPA * t + 16) / 116)
