// A thread that helps to compose pictures.

import { answer, serve } from "../threads/thread.js";
import { type Composition, composeBands } from "./composition.js";

serve((composition: Composition) => {
  composeBands(composition);
  answer("no band left");
});
