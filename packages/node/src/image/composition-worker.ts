// A thread that helps to compose pictures.

import { parentPort } from "node:worker_threads";
import { type Composition, composeBands } from "./composition.js";

const port = parentPort!;
port.on("message", (composition: Composition) => {
  composeBands(composition);
  port.postMessage("no band left");
});
