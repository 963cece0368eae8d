import type { Diagnosis } from "./diagnosis.js";
import { type Finding, isFound } from "./finding.js";

/** Below this, a picture of 12 megapixels beside the model may not fit. */
const LITTLE_MEMORY = 1e9;

/** What is wrong, and what would be faster and how. */
export function adviceFor(found: Omit<Diagnosis, "advice">): string[] {
  return [...repairs(found), ...machineAdvice(found), ...speedAdvice(found)];
}

function repairs({ devices, model, selfTest, pictures }: Omit<Diagnosis, "advice">): string[] {
  const lines: string[] = [];
  const tell = (part: Finding<object>, advice: string) => {
    if (!isFound(part)) lines.push(advice);
  };
  tell(
    devices.cpu,
    "ONNX Runtime does not run here, so nothing can be colourised: install the package again, on a system that onnxruntime-node is built for (not macOS on Intel, not Alpine Linux).",
  );
  tell(
    pictures,
    "No picture can be read: install the package again, on this system (npm install sharp).",
  );
  if (!isFound(model))
    lines.push(
      "The model cannot be read: install the package again, or name another with --model.",
    );
  else if (isFound(devices.cpu))
    tell(selfTest, "The model does not run: try --device cpu and the default model.");
  return lines;
}

function machineAdvice({ machine, threads }: Omit<Diagnosis, "advice">): string[] {
  if (!isFound(machine)) return [];
  const { cores, coreLimit, load, memory, instructionSets, architecture } = machine;
  const lines: string[] = [];
  if (coreLimit !== null && coreLimit < threads.usual) {
    const fitting = Math.max(1, Math.floor(coreLimit));
    lines.push(
      `This container may use the time of ${coreLimit} cores, not of ${cores}: --threads ${fitting} keeps them from waiting for each other.`,
    );
  }
  if (load > cores) {
    lines.push(
      `Other programs keep the cores busy (load ${load} on ${cores}): without them all this is faster, and the times above are no measure.`,
    );
  }
  if (memory.availableBytes < LITTLE_MEMORY) {
    lines.push(
      `Only ${Math.round(memory.availableBytes / 1e6)} MB of memory are free: large pictures may not fit; end other programs.`,
    );
  }
  if (architecture === "x64" && instructionSets && !instructionSets.includes("AVX2")) {
    lines.push("This processor has no AVX2 (2013): a newer one is several times as fast.");
  }
  return lines;
}

function speedAdvice(found: Omit<Diagnosis, "advice">): string[] {
  const { machine, devices, model, testedOn, selfTest } = found;
  const lines: string[] = [];
  for (const device of ["webgpu", "cuda"] as const) {
    if (isFound(devices[device]) && testedOn.device !== device) {
      lines.push(
        `${device} works here: see by ltbc doctor --device ${device} whether it is faster, then colourise with --device ${device}.`,
      );
    }
  }
  const sets = isFound(machine) ? (machine.instructionSets ?? []) : [];
  const ownFloats = isFound(model) && model.bits === 32 && model.network !== null;
  if (sets.includes("AVX-512 VNNI") && testedOn.device === "cpu" && ownFloats) {
    lines.push(
      "This processor multiplies bytes (AVX-512 VNNI): in 8 bits a model may take half the time (ltbc export MODEL --int8 --calibration PHOTOGRAPHS -o fast.onnx, then ltbc evaluate --compare MODEL fast.onnx).",
    );
  }
  if (isFound(selfTest)) {
    const { loadMilliseconds, pictureMilliseconds } = selfTest.arranged;
    const pictures = Math.max(1, Math.round(loadMilliseconds / pictureMilliseconds));
    lines.push(
      `Loading takes the time of ${pictures} pictures in the network: give ltbc many at once (a folder), not one by one.`,
    );
  }
  return lines;
}
