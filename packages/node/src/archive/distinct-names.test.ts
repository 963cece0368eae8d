import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { distinctOutputs, type Neighbours } from "./distinct-names.js";

const nothingEarlier: Neighbours = { ignoresCase: false, isOfOther: async () => false };

const named = async (
  paths: readonly string[],
  options: Parameters<typeof distinctOutputs>[1],
  neighbours = nothingEarlier,
) => {
  const inputs = paths.map((path) => ({ path, root: undefined, earlier: undefined }));
  return (await distinctOutputs(inputs, options, neighbours)).map(({ output }) => output);
};

describe("distinctOutputs", () => {
  it("takes letters of both cases for one where the file system does", async () => {
    const paths = ["a/Scan.png", "b/scan.png", "c/sca\u0308n.png", "d/sc\u00e4n.png"];
    const options = { folder: "out" };
    expect(await named(paths, options)).toEqual(
      ["Scan.png", "scan.png", "sca\u0308n.png", "sc\u00e4n.png"].map((name) => join("out", name)),
    );
    expect(await named(paths, options, { ...nothingEarlier, ignoresCase: true })).toEqual(
      ["Scan.png", "scan (2).png", "sca\u0308n.png", "sc\u00e4n (2).png"].map((name) =>
        join("out", name),
      ),
    );
  });

  it("keeps further outputs apart, too", async () => {
    const options = { folder: "out", alternatives: 2, uncertainty: true };
    const inputs = ["a.png", "x/a-2.png", "y/a.uncertainty.png"].map((path) => {
      return { path, root: undefined, earlier: undefined };
    });
    const outputs = await distinctOutputs(inputs, options, nothingEarlier);
    expect(outputs).toMatchObject([
      { output: join("out", "a.png"), insteadOf: undefined },
      { output: join("out", "a-2 (2).png"), insteadOf: join("out", "a-2.png") },
      { output: join("out", "a.uncertainty (2).png") },
    ]);
    const all = outputs.flatMap(({ output, alternatives, uncertainty }) => {
      return [output, ...alternatives, uncertainty];
    });
    expect(new Set(all).size).toBe(9);
  });

  it("inserts extensions beside the inputs, and where the usual name is another's", async () => {
    expect(await named(["s.jpg", "s.tif", "s.gif"], { format: "webp" })).toEqual([
      "s.jpg.color.webp",
      "s.tif.color.webp",
      "s.gif.color.webp",
    ]);
    const isOfOther = async (output: string) => output === join("out", "s.png");
    const neighbours = { ...nothingEarlier, isOfOther };
    expect(await named(["s.tif"], { folder: "out", format: "png" }, neighbours)).toEqual([
      join("out", "s.tif.png"),
    ]);
    expect(await named(["s.png"], { folder: "out" }, neighbours)).toEqual([
      join("out", "s (2).png"),
    ]);
  });
});
