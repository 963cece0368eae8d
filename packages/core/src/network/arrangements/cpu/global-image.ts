import type { Dimension, Value } from "../../../graph/graph.js";
import { concat } from "../../../graph/operators/index.js";
import { bothEqual, firstElements, integers, lengths } from "../../run-time-lengths.js";

/**
 * The map of the global image: that of the picture, if the picture has the size of the global
 * image, and else a computation of its own. The decision falls at run time, without a branch: what
 * is not needed is computed of a corner of one pixel of the map and thrown away.
 *
 * @param picture `[N, 1, H, W]`
 * @param map what the network computes from the picture, `[N, C, H/stride, W/stride]`
 * @param image the global image, `[N, 1, side, side]`
 * @param stride pixels along a side of the image for one of its map
 * @param compute the map of an image
 * @returns `[N, C, side/stride, side/stride]`
 */
export function mapOfGlobalImage(
  picture: Value,
  map: Value,
  image: Value,
  stride: number,
  compute: (image: Value) => Value,
): Value {
  const graph = picture.graph;
  const [batch, , side] = image.shape as [Dimension, number, number];
  const channels = map.shape[1] as number;
  const shape = [channels, side / stride, side / stride];
  const pictures = lengths(picture, 0, 1);
  const shared = bothEqual(lengths(picture, 2, 4), graph.integers([side, side]));
  const fitting = integers("Mul", pictures, shared);
  const others = integers("Sub", pictures, fitting);
  const needed = integers(
    "Sub",
    graph.integers([side]),
    integers("Mul", shared, graph.integers([side - stride])),
  );
  const corner = firstElements(firstElements(image, 2, needed, "needed"), 3, needed, "needed");
  // Of the maps that are not needed no picture is left: an empty value has any shape.
  const first = (maps: Value, count: Value, length: string) =>
    graph.emitOne(
      "Reshape",
      [firstElements(maps, 0, count, length), concat([count, graph.integers(shape)], 0)],
      { allowzero: { int: 1 } },
      { type: map.type, shape: [length, ...shape] },
    );
  return graph.emitOne(
    "Concat",
    [first(compute(corner), others, "others"), first(map, fitting, "fitting")],
    { axis: { int: 0 } },
    { type: map.type, shape: [batch, ...shape] },
  );
}
