// What bin/ltbc.js does, without compiling the source first.

import { main } from "../cli/main.js";

process.exitCode = await main(process.argv.slice(2));
