"""Prints reference-values.ts: metrics of two generated pictures by implementations that are not ours.

    /usr/bin/python3 reference_values.py > reference-values.ts

PSNR, SSIM, CIELAB and CIEDE2000 come from scikit-image. Colourfulness and the accuracy of the chroma
are written out here from the papers, the latter as its literal sweep over thresholds.
"""
import sys

import numpy
import skimage
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

WIDTH, HEIGHT = 48, 40

# Table 1 of Sharma, Wu & Dalal 2005; scikit-image confirms the differences.
SHARMA = """
50.0000 2.6772 -79.7751 50.0000 0.0000 -82.7485 2.0425
50.0000 3.1571 -77.2803 50.0000 0.0000 -82.7485 2.8615
50.0000 2.8361 -74.0200 50.0000 0.0000 -82.7485 3.4412
50.0000 -1.3802 -84.2814 50.0000 0.0000 -82.7485 1.0000
50.0000 -1.1848 -84.8006 50.0000 0.0000 -82.7485 1.0000
50.0000 -0.9009 -85.5211 50.0000 0.0000 -82.7485 1.0000
50.0000 0.0000 0.0000 50.0000 -1.0000 2.0000 2.3669
50.0000 -1.0000 2.0000 50.0000 0.0000 0.0000 2.3669
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0009 7.1792
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0010 7.1792
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0011 7.2195
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0012 7.2195
50.0000 -0.0010 2.4900 50.0000 0.0009 -2.4900 4.8045
50.0000 -0.0010 2.4900 50.0000 0.0010 -2.4900 4.8045
50.0000 -0.0010 2.4900 50.0000 0.0011 -2.4900 4.7461
50.0000 2.5000 0.0000 50.0000 0.0000 -2.5000 4.3065
50.0000 2.5000 0.0000 73.0000 25.0000 -18.0000 27.1492
50.0000 2.5000 0.0000 61.0000 -5.0000 29.0000 22.8977
50.0000 2.5000 0.0000 56.0000 -27.0000 -3.0000 31.9030
50.0000 2.5000 0.0000 58.0000 24.0000 15.0000 19.4535
50.0000 2.5000 0.0000 50.0000 3.1736 0.5854 1.0000
50.0000 2.5000 0.0000 50.0000 3.2972 0.0000 1.0000
50.0000 2.5000 0.0000 50.0000 1.8634 0.5757 1.0000
50.0000 2.5000 0.0000 50.0000 3.2592 0.3350 1.0000
60.2574 -34.0099 36.2677 60.4626 -34.1751 39.4387 1.2644
63.0109 -31.0961 -5.8663 62.8187 -29.7946 -4.0864 1.2630
61.2901 3.7196 -5.3901 61.4292 2.2480 -4.9620 1.8731
35.0831 -44.1164 3.7933 35.0232 -40.0716 1.5901 1.8645
22.7233 20.0904 -46.6940 23.0331 14.9730 -42.5619 2.0373
36.4612 47.8580 18.3852 36.2715 50.5065 21.2231 1.4146
90.8027 -2.0831 1.4410 91.1528 -1.6435 0.0447 1.4441
90.9257 -0.5406 -0.9208 88.6381 -0.8985 -0.7239 1.5381
6.7747 -0.2908 -2.4247 5.8714 -0.0985 -2.2286 0.6377
2.0776 0.0795 -1.1350 0.9033 -0.0636 -0.5514 0.9082
"""


def pictures():
    """The two pictures of reference-pictures.ts."""
    state = 1
    truth = numpy.zeros((HEIGHT, WIDTH, 3), numpy.uint8)
    predicted = numpy.zeros_like(truth)
    for y in range(HEIGHT):
        for x in range(WIDTH):
            for c in range(3):
                state = (state * 1664525 + 1013904223) % 2**32
                truth[y, x, c] = (x * 4 * (c + 1) + y * (7 - 3 * c) + (state >> 27)) % 256
            for c in range(3):
                other = int(truth[y, x, (c + 1) % 3])
                predicted[y, x, c] = (int(truth[y, x, c]) + other) // 2
    return truth, predicted


def colorfulness(rgb, transform):
    r, g, b = (rgb[..., c].astype(float) for c in range(3))
    rg, yb = transform(r - g), transform((r + g) / 2 - b)
    return numpy.hypot(rg.std(), yb.std()) + 0.3 * numpy.hypot(rg.mean(), yb.mean())


def area_under_curve(distance, weights):
    """Trapezoid over 15,001 thresholds from 0 to 150, normalised to 100."""
    thresholds = numpy.linspace(0, 150, 15001)
    order = numpy.argsort(distance)
    share = numpy.concatenate([[0], numpy.cumsum(weights[order])]) / weights.sum()
    reached = share[numpy.searchsorted(distance[order], thresholds, side="right")]
    return numpy.trapz(reached, thresholds) / 150 * 100


def main():
    truth, predicted = pictures()
    true_lab, predicted_lab = rgb2lab(truth), rgb2lab(predicted)
    distance = numpy.linalg.norm((predicted_lab - true_lab)[..., 1:], axis=-1).ravel()
    # Bins of 10 units, their shares smoothed by a Gaussian of sigma 5, weights the inverse (lambda 0).
    bins = numpy.clip(numpy.floor(true_lab[..., 1:].reshape(-1, 2) / 10 + 0.5), -11, 11).astype(int) + 11
    counts = numpy.zeros((23, 23))
    numpy.add.at(counts, (bins[:, 0], bins[:, 1]), 1)
    i = numpy.arange(23)
    blur = numpy.exp(-0.5 * (10 * (i[:, None] - i[None, :]) / 5.0) ** 2)
    smoothed = blur @ (counts / counts.sum()) @ blur.T
    weights = 1 / smoothed[bins[:, 0], bins[:, 1]]
    similarity = structural_similarity(
        truth, predicted, gaussian_weights=True, sigma=1.5,
        use_sample_covariance=False, data_range=255, channel_axis=-1)
    pairs = [[float(v) for v in line.split()] for line in SHARMA.split("\n") if line]
    for *lab, published in pairs:
        # For exactly opposite hues rounding decides which mean hue scikit-image takes.
        opposite = (lab[1], lab[2]) == (-lab[4], -lab[5])
        assert opposite or round(float(deltaE_ciede2000(lab[:3], lab[3:])), 4) == published, lab
    values = {
        "psnr": peak_signal_noise_ratio(truth, predicted, data_range=255),
        "ssim": similarity,
        "ciede2000": deltaE_ciede2000(true_lab, predicted_lab).mean(),
        "abError": distance.mean(),
        "auc": area_under_curve(distance, numpy.ones_like(distance)),
        "aucRebalanced": area_under_curve(distance, weights),
        "colorfulness": colorfulness(predicted, lambda v: v),
        "colorfulnessAbsolute": colorfulness(predicted, numpy.abs),
        "lightnessDrift": numpy.abs(predicted_lab - true_lab)[..., 0].mean(),
    }
    print(f"// Made by reference_values.py with Python {sys.version.split()[0]}, scikit-image "
          f"{skimage.__version__}, numpy {numpy.__version__}.\n")
    print("export const REFERENCE_VALUES = {")
    for name, value in values.items():
        print(f"  {name}: {float(value)!r},")
    print("} as const;\n")
    print("/** L1, a1, b1, L2, a2, b2 and the difference that Sharma et al. publish. */")
    print("export const SHARMA_PAIRS: readonly (readonly number[])[] = [")
    for pair in pairs:
        print(f"  [{', '.join(f'{v:g}' for v in pair)}],")
    print("];")


main()
