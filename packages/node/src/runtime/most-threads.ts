import { availableParallelism } from "node:os";

/**
 * So many threads a network may have on this machine. Many more than there are cores only wait for each
 * other: with 1,024 on two cores a picture takes a minute.
 */
export const MOST_THREADS = Math.max(4 * availableParallelism(), 16);
