"""Writes small pictures of many kinds, and what other programs read in them.

pip install tifffile imagecodecs numpy pillow; python make.py

The files are written by tifffile, libtiff's tiffcp and Pillow. The expected values are read back from
them by tifffile or Pillow (LittleCMS for ICC profiles) and turned into L* here, by the formulas of
IEC 61966-2-1 and CIE 15, independently of the project's own code.
"""

import io
import json
import os
import struct
import subprocess
import zlib

import numpy as np
import tifffile
from PIL import Image, ImageCms

HERE = os.path.dirname(os.path.abspath(__file__))
HEIGHT, WIDTH = 12, 16
PLACES = [(0, 0), (3, 3), (8, 5), (15, 0), (0, 11), (12, 9), (15, 11), (7, 2)]  # x, y
ICC_FOLDER = "/usr/share/color/icc"  # Debian's icc-profiles-free

expected = {}
y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
gray = x / (WIDTH - 1) * 0.7 + y / (HEIGHT - 1) * 0.3
color = np.stack([gray, 1 - gray * 0.8, (0.5 + 0.5 * np.sin(x / 3)) * 0.8 + 0.1], -1)
alpha = np.round(255 * (0.2 + 0.8 * y / (HEIGHT - 1))).astype(np.uint8)


def codes(values, bits):
    return np.round(values * (2**bits - 1)).astype(np.uint8 if bits <= 8 else np.uint16)


def linear(encoded):
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def lightness_of_y(light):
    return np.where(light > 216 / 24389, 116 * np.cbrt(light) - 16, light * 24389 / 27)


def lightness_of_srgb(encoded):
    """L* of greys or [.., 3] colours 0..1."""
    return lightness_of_light(linear(encoded))


def lightness_of_light(light):
    if light.ndim == 3:
        light = light @ np.array([0.2126729, 0.7151522, 0.0721750])
    return lightness_of_y(np.clip(light, 0, 1))


def expect(name, lightness, depth, alpha=None, tolerance=0.05):
    expected[name] = {
        "bitDepth": depth,
        "lightness": [round(float(lightness[y, x]), 3) for x, y in PLACES],
        **({} if alpha is None else {"alpha": [int(alpha[y, x]) for x, y in PLACES]}),
        "tolerance": tolerance,
    }


def tiff(name, data, **options):
    path = os.path.join(HERE, name)
    tifffile.imwrite(path, data, metadata=None, software=False, **options)
    return tifffile.imread(path)


def pillow(name, picture, **options):
    path = os.path.join(HERE, name)
    picture.save(path, **options)
    return Image.open(path)


def icc(name):
    with open(os.path.join(ICC_FOLDER, name), "rb") as file:
        return file.read()


def through_profile(codes8, profile, mode):
    """8-bit samples in sRGB, by LittleCMS."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    target = ImageCms.createProfile("sRGB")
    transform = ImageCms.buildTransform(source, target, mode, "RGB", renderingIntent=1)
    return np.asarray(ImageCms.applyTransform(Image.fromarray(codes8), transform)) / 255


# Depths and number formats.
for bits in (1, 2, 4, 6, 8, 10, 12, 14, 16):
    options = {} if bits in (8, 16) else {"bitspersample": bits}
    read = tiff(f"gray-{bits}-bit.tif", codes(gray, bits) > 0 if bits == 1 else codes(gray, bits), photometric="minisblack", **options)
    depth = 8 if bits <= 8 else 16
    expect(f"gray-{bits}-bit.tif", lightness_of_srgb(read / (2**bits - 1)), depth, tolerance=0.4 if bits == 6 else 0.05)
for bits in (10, 12):
    read = tiff(f"rgb-{bits}-bit.tif", codes(color, bits), photometric="rgb", bitspersample=bits)
    expect(f"rgb-{bits}-bit.tif", lightness_of_srgb(read / (2**bits - 1)), 16)
for kind in ("float16", "float32", "float64"):
    read = tiff(f"gray-{kind}.tif", gray.astype(kind), photometric="minisblack").astype(float)
    expect(f"gray-{kind}.tif", lightness_of_light(read), 16)
read = tiff("rgb-float32-zip.tif", color.astype(np.float32), photometric="rgb", compression="zlib", predictor=True)
expect("rgb-float32-zip.tif", lightness_of_light(read.astype(float)), 16)
read = tiff("gray-uint32.tif", (gray * (2**32 - 1)).astype(np.uint32), photometric="minisblack")
expect("gray-uint32.tif", lightness_of_srgb(read / (2**32 - 1)), 16)
read = tiff("gray-int16.tif", (gray * 32767).astype(np.int16), photometric="minisblack")
expect("gray-int16.tif", lightness_of_srgb(read / 32767), 16)

# Photometric interpretations.
for bits in (1, 8, 16):
    stored = (2**bits - 1) - codes(gray, bits)
    name = f"white-is-zero-{bits}-bit.tif"
    options = {"bitspersample": 1} if bits == 1 else {}
    read = tiff(name, stored > 0 if bits == 1 else stored, photometric="miniswhite", **options)
    expect(name, lightness_of_srgb(1 - read / (2**bits - 1)), 16 if bits == 16 else 8)
palette = np.stack([np.arange(256), 255 - np.arange(256), (np.arange(256) * 7) % 256]).astype(np.uint16) * 257
read = tiff("palette.tif", codes(gray, 8), photometric="palette", colormap=palette)
expect("palette.tif", lightness_of_srgb(np.moveaxis(palette[:, read], 0, -1) / 65535), 8, tolerance=0.2)
a, b = 20 * np.sin(x / 2.0), 20 * np.cos(y / 2.0)
for bits in (8, 16):
    unit = 1 if bits == 8 else 256
    signed = [np.round(values * unit).astype(f"int{bits}").view(f"uint{bits}") for values in (a, b)]
    read = tiff(f"lab-{bits}-bit.tif", np.stack([codes(gray, bits), *signed], -1), photometric="cielab")
    expect(f"lab-{bits}-bit.tif", read[..., 0] / (2**bits - 1) * 100, 16)
    shifted = [np.round(values * unit + 2 ** (bits - 1)).astype(f"uint{bits}") for values in (a, b)]
    top = 255 if bits == 8 else 65280
    read = tiff(f"icc-lab-{bits}-bit.tif", np.stack([np.round(gray * top).astype(f"uint{bits}"), *shifted], -1), photometric="icclab")
    expect(f"icc-lab-{bits}-bit.tif", read[..., 0] / top * 100, 16)

# Arrangements and compressions.
arrangements = {
    "rgb-tiled.tif": dict(tile=(16, 16)),
    "rgb-big-tiff.tif": dict(bigtiff=True),
    "rgb-big-endian-16-bit.tif": dict(byteorder=">"),
    "rgb-lzw.tif": dict(compression="lzw", predictor=True),
    "rgb-deflate.tif": dict(compression="zlib"),
    "rgb-zstd.tif": dict(compression="zstd"),
    "rgb-packbits.tif": dict(compression="packbits"),
    "rgb-webp.tif": dict(compression="webp", compressionargs={"lossless": True}),
    "rgb-lerc.tif": dict(compression="lerc"),
}
for name, options in arrangements.items():
    bits = 16 if "16" in name else 8
    read = tiff(name, codes(color, bits), photometric="rgb", **options)
    expect(name, lightness_of_srgb(read / (2**bits - 1)), bits)
read = tiff("rgb-planar.tif", np.moveaxis(codes(color, 8), -1, 0).copy(), photometric="rgb", planarconfig="separate")
expect("rgb-planar.tif", lightness_of_srgb(np.moveaxis(read, 0, -1) / 255), 8)
for compression in ("group3", "group4"):
    read = pillow(f"{compression}.tif", Image.fromarray(gray > 0.5), compression=compression)
    expect(f"{compression}.tif", lightness_of_srgb(np.asarray(read) * 1.0), 8)
tifffile.imwrite("/tmp/rgb.tif", codes(color, 8), photometric="rgb", metadata=None, software=False)
subprocess.run(["tiffcp", "-c", "jpeg:95", "/tmp/rgb.tif", os.path.join(HERE, "rgb-jpeg.tif")], check=True)
expect("rgb-jpeg.tif", lightness_of_srgb(np.asarray(Image.open(os.path.join(HERE, "rgb-jpeg.tif"))) / 255), 8, tolerance=0.6)

# Alpha.
gray_alpha = np.stack([codes(gray, 8), alpha], -1)
read = tiff("gray-alpha.tif", gray_alpha, photometric="minisblack", extrasamples=["unassalpha"], planarconfig="contig")
expect("gray-alpha.tif", lightness_of_srgb(read[..., 0] / 255), 8, read[..., 1])
deep = np.stack([codes(gray, 16), alpha.astype(np.uint16) * 257], -1)
read = tiff("gray-alpha-16-bit.tif", deep, photometric="minisblack", extrasamples=["unassalpha"], planarconfig="contig")
expect("gray-alpha-16-bit.tif", lightness_of_srgb(read[..., 0] / 65535), 16, read[..., 1])
multiplied = np.round(codes(color, 16) * (alpha[..., None] / 255.0)).astype(np.uint16)
read = tiff("rgb-premultiplied-16-bit.tif", np.dstack([multiplied, alpha.astype(np.uint16) * 257]), photometric="rgb", extrasamples=["assocalpha"])
expect("rgb-premultiplied-16-bit.tif", lightness_of_srgb(np.clip(read[..., :3] / read[..., 3:], 0, 1)), 16, read[..., 3])
read = tiff("rgb-unspecified-channel.tif", np.dstack([codes(color, 8), alpha]), photometric="rgb", extrasamples=["unspecified"])
expect("rgb-unspecified-channel.tif", lightness_of_srgb(read[..., :3] / 255), 8)
read = pillow("gray-alpha.png", Image.fromarray(gray_alpha, "LA"))
expect("gray-alpha.png", lightness_of_srgb(np.asarray(read)[..., 0] / 255), 8, np.asarray(read)[..., 1])
clear = int(codes(gray, 8)[3, 3])
read = np.asarray(pillow("gray-trns.png", Image.fromarray(codes(gray, 8)), transparency=clear))
expect("gray-trns.png", lightness_of_srgb(read / 255), 8, np.where(read == clear, 0, 255))
read = pillow("palette-trns.png", Image.fromarray(codes(color, 8)).quantize(32), transparency=5).convert("RGBA")
read = np.asarray(read)
expect("palette-trns.png", lightness_of_srgb(read[..., :3] / 255), 8, read[..., 3])

# Profiles, and what PNG states in place of one.
for name, file in {"linear": "Gray.icc", "l-star": "Gray-CIE_L.icc"}.items():
    profile = icc(file)
    through = through_profile(codes(gray, 8), profile, "L")
    pillow(f"gray-{name}-profile.png", Image.fromarray(codes(gray, 8)), icc_profile=profile)
    expect(f"gray-{name}-profile.png", lightness_of_srgb(through), 8, tolerance=0.5)
    tiff(f"gray-{name}-profile-16-bit.tif", codes(gray, 16), photometric="minisblack", iccprofile=profile)
    expect(f"gray-{name}-profile-16-bit.tif", gray * 100 if name == "l-star" else lightness_of_light(gray), 16)
adobe = icc("compatibleWithAdobeRGB1998.icc")
through = through_profile(codes(color, 8), adobe, "RGB")
for bits in (8, 16):
    tiff(f"rgb-adobe-profile-{bits}-bit.tif", codes(color, bits), photometric="rgb", iccprofile=adobe)
    # Colours outside of sRGB are clipped on the way, in 16 bits twice (sharp takes them through Display P3).
    expect(f"rgb-adobe-profile-{bits}-bit.tif", lightness_of_srgb(through), bits, tolerance=0.8)
tiff("rgb-float32-adobe-profile.tif", color.astype(np.float32), photometric="rgb", iccprofile=adobe)
expect("rgb-float32-adobe-profile.tif", lightness_of_srgb(through), 16, tolerance=0.8)


def png_with_gamma(name, picture, gamma, chromaticities=None):
    buffer = io.BytesIO()
    picture.save(buffer, "png")
    data = buffer.getvalue()
    chunk = lambda kind, body: struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    stated = chunk(b"gAMA", struct.pack(">I", round(gamma * 1e5)))
    if chromaticities:
        stated += chunk(b"cHRM", struct.pack(">8I", *(round(value * 1e5) for value in chromaticities)))
    with open(os.path.join(HERE, name), "wb") as file:
        file.write(data[:33] + stated + data[33:])


png_with_gamma("gray-gamma.png", Image.fromarray(codes(gray, 8)), 1.0)
expect("gray-gamma.png", lightness_of_light(codes(gray, 8) / 255), 8)
png_with_gamma("rgb-gamma.png", Image.fromarray(codes(color, 8)), 1.0)
expect("rgb-gamma.png", lightness_of_light(codes(color, 8) / 255), 8, tolerance=0.5)
adobe_primaries = (0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
png_with_gamma("rgb-gamma-primaries.png", Image.fromarray(codes(color, 8)), 1 / 2.19921875, adobe_primaries)
expect("rgb-gamma-primaries.png", lightness_of_srgb(through), 8, tolerance=0.6)
png_with_gamma("gray-gamma-of-srgb.png", Image.fromarray(codes(gray, 8)), 0.45455)
expect("gray-gamma-of-srgb.png", lightness_of_srgb(codes(gray, 8) / 255), 8)

# Inks, four blocks of them, as Adobe's programs store them; without a profile libvips takes its own,
# from which LittleCMS made these L* (perceptual intent).
inks = np.array([[[0, 0, 0, 0], [0, 0, 0, 255], [120, 60, 30, 10], [0, 200, 200, 40]]], np.uint8)
blocks = np.repeat(np.repeat(inks, HEIGHT, 0), WIDTH // 4, 1)
ink_lightness = np.repeat(np.array([[100, 2.32, 62.28, 47.97]] * HEIGHT), WIDTH // 4, 1)
pillow("cmyk.tif", Image.fromarray(blocks, "CMYK"))
expect("cmyk.tif", ink_lightness, 8)
pillow("cmyk.jpg", Image.fromarray(blocks, "CMYK"), quality=100, subsampling=0)
expect("cmyk.jpg", ink_lightness, 8, tolerance=4)  # blocks of 4 in transforms of 8 pixels
subprocess.run(["convert", os.path.join(HERE, "cmyk.jpg"), "-quality", "100", os.path.join(HERE, "ycck.jpg")], check=True)
expect("ycck.jpg", ink_lightness, 8, tolerance=4)

# Bitmaps.
for name, picture in {
    "gray.bmp": Image.fromarray(codes(gray, 8)),
    "rgb.bmp": Image.fromarray(codes(color, 8)),
    "palette.bmp": Image.fromarray(codes(color, 8)).quantize(32),
    "1-bit.bmp": Image.fromarray(gray > 0.5),
}.items():
    read = np.asarray(pillow(name, picture).convert("RGB")) / 255
    expect(name, lightness_of_srgb(read), 8)
for name, options in {
    "os2.bmp": ["BMP2:"],
    "run-lengths.bmp": ["-colorspace", "gray", "-type", "palette", "-compress", "RLE", "BMP3:"],
}.items():
    path = os.path.join(HERE, name)
    subprocess.run(["convert", "/tmp/rgb.tif", *options[:-1], options[-1] + path], check=True)
    expect(name, lightness_of_srgb(np.asarray(Image.open(path).convert("RGB")) / 255), 8)


def masked_bmp(name, packed, masks, bits, top_down):
    data = (packed if top_down else packed[::-1]).tobytes()
    mask_bytes = struct.pack("<III", *masks)
    start = 14 + 40 + len(mask_bytes)
    header = struct.pack("<2sIHHI", b"BM", start + len(data), 0, 0, start)
    height = -HEIGHT if top_down else HEIGHT
    info = struct.pack("<IiiHHIIiiII", 40, WIDTH, height, 1, bits, 3, len(data), 0, 0, 0, 0)
    with open(os.path.join(HERE, name), "wb") as file:
        file.write(header + info + mask_bytes + data)


red, green, blue = (np.round(color[..., i] * top).astype("<u2") for i, top in enumerate((31, 63, 31)))
masked_bmp("565-top-down.bmp", red << 11 | green << 5 | blue, (0xF800, 0x7E0, 0x1F), 16, True)
levels = np.stack([np.round(red * 255 / 31), np.round(green * 255 / 63), np.round(blue * 255 / 31)], -1)
expect("565-top-down.bmp", lightness_of_srgb(levels / 255), 8)

with open(os.path.join(HERE, "expected.json"), "w") as file:
    lines = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in sorted(expected.items())]
    file.write("{\n" + ",\n".join(lines) + "\n}\n")
print(len(expected), "files")
