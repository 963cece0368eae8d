// Twofold nearest-neighbour enlargement followed by a 3x3 convolution, computed at the small size.
//
// Neighbouring pixels of the enlarged picture are equal in pairs, so each output pixel sees only
// 2x2 different values. Its four phases (even and odd rows and columns) are convolutions of the
// small picture by 2x2 kernels whose taps are sums of the 3x3 kernel's: 16 products where the
// enlarged picture takes 36, and nothing of its size in memory. One convolution makes all phases;
// their pixels are then interleaved (sub-pixel convolution, Shi et al. 2016).

import { GraphError, staticShape, type Value } from "../graph.js";
import { convolution } from "./convolution.js";
import { convolutionInputGradient } from "./convolution-gradient.js";
import { convolutionWeightGradient } from "./convolution-weight-gradient.js";
import { concat, pad, reshape, slice, transpose } from "./layout.js";
import { matMul } from "./matrix.js";
import { reduceSum } from "./reduction.js";
import { depthToSpace, spaceToDepth } from "./resizing.js";

/**
 * `convolution(resizeNearest(x), weight, { bias, padding: 1 })`, up to rounding, in less than half
 * of the operations.
 *
 * @param x `[N, C_in, H, W]`, H and W known
 * @param weight `[C_out, C_in, 3, 3]`
 * @param bias `[C_out]`; may be left out
 * @returns `[N, C_out, 2 H, 2 W]`
 */
export function enlargedConvolution(x: Value, weight: Value, bias?: Value): Value {
  const purpose = "An enlarged convolution";
  staticShape(x.shape, purpose);
  const [, , kernelHeight, kernelWidth] = staticShape(weight.shape, purpose) as Quad;
  if (kernelHeight !== 3 || kernelWidth !== 3) {
    throw new GraphError(
      `${purpose}: expected a 3x3 kernel but received ${kernelHeight}x${kernelWidth}`,
    );
  }
  const kernels = phaseKernels(weight);
  const biases = bias && concat([bias, bias, bias, bias], 0);
  const [output] = x.graph.composite(
    biases ? [x, kernels, biases] : [x, kernels],
    () => [
      depthToSpace(
        phasesOfMap(convolution(x, kernels, { ...(biases ? { bias: biases } : {}), padding: 1 })),
      ),
    ],
    ([dY], needed) => {
      const phases = spaceToDepth(dY!);
      const map = mapOfPhases(phases);
      return [
        needed[0] ? convolutionInputGradient(map, x, kernels, GEOMETRY) : undefined,
        needed[1] ? convolutionWeightGradient(x, map, kernels.shape, GEOMETRY) : undefined,
        needed[2] ? reduceSum(reduceSum(phases, [2, 3]), [0]) : undefined,
      ];
    },
  );
  return output!;
}

type Quad = [number, number, number, number];

const GEOMETRY = { strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1] } as const;

/** For even and odd output pixels, what each of the two taps sums of the three. */
const SUMMED_TAPS = [
  [
    [1, 0, 0],
    [0, 1, 1],
  ],
  [
    [1, 1, 0],
    [0, 0, 1],
  ],
] as const;

/** `[C_out, C_in, 3, 3] -> [4 C_out, C_in, 2, 2]`, phases (even, even), (even, odd), .. first. */
export function phaseKernels(weight: Value): Value {
  const [outputs, inputs] = weight.shape as Quad;
  const sums: number[] = [];
  for (const row of [0, 1, 2]) {
    for (const column of [0, 1, 2]) {
      for (const vertical of SUMMED_TAPS) {
        for (const horizontal of SUMMED_TAPS) {
          for (const rows of vertical) {
            for (const columns of horizontal) sums.push(rows[row]! * columns[column]!);
          }
        }
      }
    }
  }
  const matrix = weight.graph.constant("float32", [9, 16], Float32Array.from(sums));
  const taps = matMul(reshape(weight, [outputs * inputs, 9]), matrix);
  const byPhase = transpose(reshape(taps, [outputs, inputs, 4, 4]), [2, 0, 1, 3]);
  return reshape(byPhase, [4 * outputs, inputs, 2, 2]);
}

/**
 * The convolution starts its windows at every pixel from (-1, -1) on, `[N, 4 C, H + 1, W + 1]`; an
 * even row or column looks from the pixel before it on, an odd one from its own. `[N, 4 C, H, W]`
 */
function phasesOfMap(map: Value): Value {
  const [, channels, height, width] = map.shape as Quad;
  const phases = forEachPhase((phase, row, column) =>
    slice(map, [
      { axis: 1, start: (phase * channels) / 4, length: channels / 4 },
      { axis: 2, start: row, length: height - 1 },
      { axis: 3, start: column, length: width - 1 },
    ]),
  );
  return concat(phases, 1);
}

/** The adjoint of {@link phasesOfMap}. */
function mapOfPhases(phases: Value): Value {
  const channels = phases.shape[1] as number;
  const maps = forEachPhase((phase, row, column) =>
    pad(
      slice(phases, [{ axis: 1, start: (phase * channels) / 4, length: channels / 4 }]),
      [0, 0, row, column],
      [0, 0, 1 - row, 1 - column],
    ),
  );
  return concat(maps, 1);
}

function forEachPhase(make: (phase: number, row: number, column: number) => Value): Value[] {
  return [0, 1, 2, 3].map((phase) => make(phase, phase >> 1, phase & 1));
}
