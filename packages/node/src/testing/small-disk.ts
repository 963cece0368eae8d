// A file system that fills up at once, where Linux lets an ordinary user mount one.

import { spawnSync } from "node:child_process";
import { ltbcProgram } from "./ltbc-process.js";

/** Whether {@link onSmallDisk} works on this machine. */
export const hasSmallDisk =
  spawnSync("unshare", ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;

/**
 * Runs a shell script in a folder, with a new file system of so many KiB mounted on its subfolder
 * `disk`, which must exist; what is on it is gone afterwards. `$ltbc` in the script is the program.
 */
export function onSmallDisk(folder: string, kibibytes: number, script: string) {
  const ltbc = `"${process.execPath}" "${ltbcProgram}"`;
  const mount = `mount -t tmpfs -o size=${kibibytes}k none disk`;
  const { status, stdout, stderr } = spawnSync(
    "unshare",
    ["-rm", "sh", "-c", `${mount}\n${script.replaceAll("$ltbc", ltbc)}`],
    { encoding: "utf8", cwd: folder },
  );
  return { status, stdout, stderr };
}
