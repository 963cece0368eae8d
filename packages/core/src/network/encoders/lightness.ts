import type { Value } from "../../graph/graph.js";
import { add, multiply, relu, scale, squareRoot, subtract } from "../../graph/operators/index.js";

/**
 * The grey picture of a lightness as networks trained on sRGB pictures know it: `v / 127.5 - 1` of the
 * code v in 0..255, within 0.4 of a code. Has no use for a gradient.
 *
 * Above L* 8, luminance is `t^3` with `t = (L* + 16) / 116`, and the code's curve `1.055 Y^(1/2.4) -
 * 0.055`: together `1.055 t^1.25 - 0.055`. Below, both have a straight piece, and a parabola makes up
 * for most of the difference, which is {@link TOE} at black.
 *
 * @param lightness L* of CIELAB, 0..100, `[N, 1, H, W]`
 * @returns `[N, 1, H, W]`, -1..1
 */
export function grayCodes(lightness: Value): Value {
  const { graph } = lightness;
  const t = scale(add(lightness, graph.scalar(16)), 1 / 116);
  const power = multiply(t, squareRoot(squareRoot(t)));
  const curve = add(scale(power, 2 * 1.055), graph.scalar(-2 * 0.055 - 1));
  const depth = relu(subtract(graph.scalar(1), scale(lightness, 1 / 8)));
  return subtract(curve, scale(multiply(depth, depth), 2 * TOE));
}

const TOE = 1.055 * (16 / 116) ** 1.25 - 0.055;
