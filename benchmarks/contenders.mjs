// A contender is a process of its own that stays alive for the whole benchmark and works only when
// asked: one JSON object a line to its standard input, one back. `contender-process.mjs` and
// `pytorch/contender.py` are the other ends.
//
//   {"prepare": specification}  ->  {"ready": facts}        or {"error": message}
//   {"run": times}              ->  {"seconds": mean of one, "result": of the last}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";

/** A contender that cannot take part: software that is not there, memory that is not enough. */
export class MissingContender extends Error {}

export class Contender {
  /** What it said of itself when it was ready. */
  facts = {};
  #child;
  #answers;

  /**
   * @param name as it appears in tables
   * @param command program and arguments
   * @param variant tells contenders of the same name apart: the best of them counts
   */
  constructor(name, command, { variant = "", environment = {} } = {}) {
    this.name = name;
    this.variant = variant;
    const [program, ...words] = command;
    this.#child = spawn(program, words, {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, ...environment },
    });
    // A process that is gone shows in the answer that does not come.
    this.#child.on("error", () => {});
    this.#child.stdin.on("error", () => {});
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  get label() {
    return this.variant ? `${this.name} (${this.variant})` : this.name;
  }

  /** @throws MissingContender if it cannot do the work */
  async prepare(specification) {
    const { variant } = this;
    this.facts = (await this.#ask({ prepare: { ...specification, variant } })).ready;
    return this.facts;
  }

  /** Works `times` times; gives the mean seconds of one, and what the last said of its result. */
  run(times = 1) {
    return this.#ask({ run: times });
  }

  /** The most memory the process has held so far, MiB; undefined where the system does not tell. */
  peakMemory() {
    try {
      const status = readFileSync(`/proc/${this.#child.pid}/status`, "utf8");
      return Math.round(Number(/VmHWM:\s*(\d+)/.exec(status)[1]) / 1024);
    } catch {
      return undefined;
    }
  }

  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.stdin.end();
    await once(this.#child, "exit");
  }

  async #ask(question) {
    this.#child.stdin.write(`${JSON.stringify(question)}\n`);
    const { value } = await this.#answers.next();
    const answer = value === undefined ? { error: this.#departure() } : JSON.parse(value);
    if (answer.error) throw new MissingContender(`${this.label}: ${answer.error}`);
    return answer;
  }

  #departure() {
    const { signalCode } = this.#child;
    return signalCode
      ? `the process was ended by ${signalCode} (too little memory?)`
      : "the process ended without an answer";
  }
}

/** Starts and prepares all that can take part; the others become lines in the set `missing`. */
export async function prepareAll(candidates, specification, missing) {
  const ready = [];
  for (const candidate of candidates) {
    try {
      await candidate.prepare(specification);
      ready.push(candidate);
    } catch (error) {
      if (!(error instanceof MissingContender)) throw error;
      missing.add(error.message);
      await candidate.stop();
    }
  }
  return ready;
}
