// A diagnosis for people.

import type { Diagnosis } from "./diagnosis.js";
import { type Finding, isFound } from "./finding.js";
import type { Timing } from "./trials.js";

/** One line each: a title and what was found. */
export function diagnosisLines(diagnosis: Diagnosis): string[] {
  const { version, node, onnxRuntime, devices, threads, advice } = diagnosis;
  return [
    line(
      "Version",
      `let-there-be-color ${version}, Node ${node}, ONNX Runtime ${onnxRuntime ?? "–"}`,
    ),
    ...machineLines(diagnosis),
    ...found("Pictures", diagnosis.pictures, ({ sharp, libvips, formats }) => [
      line("Pictures", `sharp ${sharp}, libvips ${libvips}; reads ${formats.join(", ")}`),
    ]),
    ...Object.entries(devices).map(([name, tried]) =>
      line("Device", `${name}: ${isFound(tried) ? "works" : `not available: ${tried.error}`}`),
    ),
    line("Threads", `${threads.usual} unless told otherwise, at most ${threads.most}`),
    ...modelLines(diagnosis),
    ...advice.map((each) => line("Advice", each)),
  ];
}

function machineLines({ machine }: Diagnosis): string[] {
  return found("Machine", machine, (about) => {
    const { system, architecture, processor, cores, coreLimit, instructionSets, memory, load } =
      about;
    const limit = coreLimit === null ? "" : `, time of ${coreLimit}`;
    const sets = instructionSets ? instructionSets.join(", ") || "none of note" : "not known here";
    return [
      line("System", `${system}, ${architecture}`),
      line("Processor", `${processor}, ${cores} cores${limit}, load ${load}; ${sets}`),
      line(
        "Memory",
        `${gigabytes(memory.bytes)} GB, ${gigabytes(memory.availableBytes)} GB available`,
      ),
    ];
  });
}

function modelLines({ model, testedOn, selfTest }: Diagnosis): string[] {
  return [
    ...found(
      "Model",
      model,
      ({ path, bytes, sha256, network, head, bits, classes, workingSize }) => [
        line("Model", `${path}, ${(bytes / 1e6).toFixed(1)} MB, SHA-256 ${sha256}`),
        line(
          "",
          `${network ?? "of another program"}${head ? `, head ${head}` : ""}, ${bits} bits, ${classes} classes, works at ${workingSize} pixels`,
        ),
      ],
    ),
    ...found("Self-test", selfTest, (test) => [
      line("", `read-outs: ${listed(test.readOuts)}; takes: ${listed(test.guidance)}`),
      line(
        "Self-test",
        `passed on ${testedOn.device}${testedOn.threads > 0 ? `, ${testedOn.threads} thread${testedOn.threads === 1 ? "" : "s"}` : ""}, ${test.width} x ${test.height} pixels: ` +
          `arranged ${timed(test.arranged)}; plain ${timed(test.plain)}`,
      ),
    ]),
  ];
}

function found<T extends object>(
  title: string,
  finding: Finding<T>,
  lines: (value: T) => string[],
): string[] {
  return isFound(finding) ? lines(finding) : [line(title, `failed: ${finding.error}`)];
}

function timed({ loadMilliseconds, pictureMilliseconds }: Timing): string {
  return `loads in ${loadMilliseconds} ms, ${pictureMilliseconds} ms a picture`;
}

function listed(names: readonly string[]): string {
  return names.length > 0 ? names.join(", ") : "none";
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(1);
}

function line(title: string, text: string): string {
  return `${title.padEnd(10)} ${text}`;
}
