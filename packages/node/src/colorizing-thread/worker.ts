// The thread in which a Colorizer works.

import { workerData } from "node:worker_threads";
import { shareEngineState } from "../runtime/uninterrupted.js";
import { serveCalls } from "../threads/serve-calls.js";
import type { ColorizingSetup } from "./service.js";
import { ThreadColorizer } from "./thread-colorizer.js";

shareEngineState((workerData as ColorizingSetup).engine);
const colorizer = new ThreadColorizer();
serveCalls(colorizer, () => colorizer.close());
