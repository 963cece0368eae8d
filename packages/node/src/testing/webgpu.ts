// Whether tests can use WebGPU on this machine.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";

/** Where Debian's chromium keeps the driver of its software Vulkan device. */
const SOFTWARE_VULKAN = "/usr/lib/chromium/vk_swiftshader_icd.json";

/**
 * Undefined if WebGPU works here, else why not. A software adapter counts and is used if there is
 * one. Asked in a process of its own: a failing driver may abort it.
 */
export async function problemWithWebgpu(): Promise<string | undefined> {
  if (!process.env.VK_DRIVER_FILES && existsSync(SOFTWARE_VULKAN)) {
    process.env.VK_DRIVER_FILES = SOFTWARE_VULKAN;
  }
  const runtime = new URL("../runtime/onnx-runtime.js", import.meta.url).href;
  const script = `
    import { Graph, serialize } from "@let-there-be-color/core/graph";
    import { createRuntime } from "${runtime}";
    const graph = new Graph();
    graph.output("y", graph.scalar(1));
    try {
      await (await createRuntime({ device: "webgpu" })).createSession(serialize(graph));
    } catch (error) {
      console.error(error.message);
      process.exit(1);
    }
    process.exit(0);`;
  try {
    await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
      cwd: import.meta.dirname,
      timeout: 30_000,
    });
    return undefined;
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    return stderr?.trim().split("\n").at(-1) || String(error);
  }
}
