// Names of files that are still being written. They state machine and process, so that what a
// killed process left behind can be told from what is being written, also in a shared folder.

import { createHash, randomUUID } from "node:crypto";
import { hostname } from "node:os";

const machine = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
const pattern = /^\.ltbc-([0-9a-f]{8})-(\d+)-[0-9a-f-]{36}\.tmp$/;

/** A new name: `.ltbc-<machine>-<process id>-<random>.tmp`. */
export function unfinishedName(): string {
  return `.ltbc-${machine}-${process.pid}-${randomUUID()}.tmp`;
}

/**
 * Whether a name is of an unfinished file that nobody will finish: its process on this machine has
 * ended. Files of other machines may still be written.
 */
export function isAbandoned(name: string): boolean {
  const [, owner, id] = pattern.exec(name) ?? [];
  return owner === machine && !isRunning(Number(id));
}

function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0); // asks, sends nothing
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH"; // EPERM: somebody else's
  }
}
