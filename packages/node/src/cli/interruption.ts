// Ctrl-C, a terminal that closes, a system that shuts down.

import { constants } from "node:os";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** npx hands on what the terminal has sent to all already: so close together, two signals are one. */
const SAME_WITHIN_MILLISECONDS = 300;

/** The first SIGINT, SIGTERM or SIGHUP asks the work to come to a good end, the second ends the process. */
export class Interruption {
  readonly #controller = new AbortController();
  readonly #onFirst: () => void;
  #first: { readonly exitCode: number; readonly time: number } | undefined;

  /** @param onFirst called at the first signal */
  constructor(onFirst: () => void) {
    this.#onFirst = onFirst;
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** What shells make of the first signal, such as 130 of SIGINT; undefined if there was none. */
  get exitCode(): number | undefined {
    return this.#first?.exitCode;
  }

  /** From now on signals are taken. Until then, and after {@link release}, they end the process. */
  listen(): void {
    for (const name of SIGNALS) process.on(name, this.#onSignal);
  }

  release(): void {
    for (const name of SIGNALS) process.off(name, this.#onSignal);
  }

  readonly #onSignal = (name: NodeJS.Signals): void => {
    const time = performance.now();
    const exitCode = 128 + constants.signals[name];
    if (!this.#first) {
      this.#first = { exitCode, time };
      this.#onFirst();
      this.#controller.abort();
    } else if (time - this.#first.time > SAME_WITHIN_MILLISECONDS) process.exit(exitCode);
  };
}
