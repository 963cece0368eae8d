/** Adds up the seconds of named stages. */
export class Stages {
  seconds = {};

  async time(name, work) {
    const start = performance.now();
    const result = await work();
    this.seconds[name] = (this.seconds[name] ?? 0) + (performance.now() - start) / 1000;
    return result;
  }
}
