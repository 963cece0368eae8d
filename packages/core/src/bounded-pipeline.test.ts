import { describe, expect, it } from "vitest";
import { boundedPipeline, type PipelinePlace } from "./bounded-pipeline.js";

/** Work that goes on until it is told to end, and notes what happens. */
class Site {
  readonly events: string[] = [];
  readonly #ends = new Map<string, { done: () => void; fail: (error: Error) => void }>();

  work = async (item: string): Promise<string> => {
    this.events.push(`begin ${item}`);
    await new Promise<void>((done, fail) => this.#ends.set(item, { done, fail }));
    this.events.push(`end ${item}`);
    return item.toUpperCase();
  };

  /** Work on an item that takes as much room as its name is long. */
  roomyWork = async (item: string, place: PipelinePlace): Promise<string> => {
    await place.makeRoom(item.length);
    return this.work(item);
  };

  async end(item: string): Promise<void> {
    this.#ends.get(item)!.done();
    await settled();
  }

  async fail(item: string): Promise<void> {
    this.#ends.get(item)!.fail(new Error(`${item} failed`));
    await settled();
  }
}

/** Lets everything happen that can happen without further events. */
const settled = () => new Promise<void>((done) => setTimeout(done));

async function collect(
  results: AsyncIterable<string>,
): Promise<{ results: string[]; error?: unknown }> {
  const collected: string[] = [];
  try {
    for await (const result of results) collected.push(result);
    return { results: collected };
  } catch (error) {
    return { results: collected, error };
  }
}

describe("boundedPipeline", () => {
  it("begins in order, as many as there are lanes, and gives results in order", async () => {
    const site = new Site();
    const given = collect(boundedPipeline("abcd", site.work, { lanes: 2, room: 0 }));
    await settled();
    expect(site.events).toEqual(["begin a", "begin b"]);
    await site.end("b");
    expect(site.events.slice(2)).toEqual(["end b", "begin c"]);
    await site.end("c");
    await site.end("d");
    await site.end("a");
    expect(await given).toEqual({ results: ["A", "B", "C", "D"] });
  });

  it("lets an item wait until it fits beside the others, and those behind it, too", async () => {
    const site = new Site();
    const items = ["aaa", "bb", "c"];
    const given = collect(boundedPipeline(items, site.roomyWork, { lanes: 3, room: 4 }));
    await settled();
    // "c" would fit beside "aaa", but then large items might wait for ever.
    expect(site.events).toEqual(["begin aaa"]);
    await site.end("aaa");
    expect(site.events.slice(2)).toEqual(["begin bb", "begin c"]);
    await site.end("bb");
    await site.end("c");
    expect((await given).results).toEqual(["AAA", "BB", "C"]);
  });

  it("works on an item that is larger than all room alone", async () => {
    const site = new Site();
    const items = ["a", "too large", "b"];
    const given = collect(boundedPipeline(items, site.roomyWork, { lanes: 3, room: 4 }));
    await settled();
    expect(site.events).toEqual(["begin a"]);
    await site.end("a");
    expect(site.events.slice(2)).toEqual(["begin too large"]);
    await site.end("too large");
    expect(site.events.slice(4)).toEqual(["begin b"]);
    await site.end("b");
    expect((await given).results).toHaveLength(3);
  });

  it("knows whether others are under way", async () => {
    const site = new Site();
    const places: PipelinePlace[] = [];
    const work = (item: string, place: PipelinePlace) => {
      places.push(place);
      return site.work(item);
    };
    const given = collect(boundedPipeline("ab", work, { lanes: 2, room: 0 }));
    await settled();
    expect(places.map((place) => place.hasCompany)).toEqual([true, true]);
    await site.end("a");
    expect(places[1]!.hasCompany).toBe(false);
    await site.end("b");
    await given;
  });

  it("begins nothing after a failure, and ends when all work has ended", async () => {
    const site = new Site();
    let ended = false;
    const given = collect(boundedPipeline("abcd", site.work, { lanes: 3, room: 0 }));
    given.then(() => {
      ended = true;
    });
    await settled();
    await site.fail("b");
    await site.end("a");
    expect(ended).toBe(false);
    await site.end("c");
    expect(await given).toEqual({ results: ["A"], error: new Error("b failed") });
    expect(site.events).toEqual(["begin a", "begin b", "begin c", "end a", "end c"]);
  });

  it("finishes what is under way when the signal aborts, then throws its reason", async () => {
    const site = new Site();
    const controller = new AbortController();
    const limits = { lanes: 2, room: 4, signal: controller.signal };
    const given = collect(boundedPipeline(["aaa", "bb", "c"], site.roomyWork, limits));
    await settled();
    controller.abort("enough");
    await site.end("aaa");
    await site.end("bb"); // was under way, waiting for room
    expect(await given).toEqual({ results: ["AAA", "BB"], error: "enough" });
    expect(site.events).not.toContain("begin c");
    const late = boundedPipeline("d", site.work, limits);
    await expect(late.next()).rejects.toBe("enough");
    expect(site.events).not.toContain("begin d");
  });

  it("begins nothing after the caller has left the loop", async () => {
    const site = new Site();
    const results = boundedPipeline("abcd", site.work, { lanes: 2, room: 0 });
    const first = results.next();
    await settled();
    await site.end("a");
    expect((await first).value).toBe("A");
    const left = results.return();
    await site.end("b");
    await site.end("c");
    await left;
    expect(site.events).not.toContain("begin d");
  });

  it("takes an item when it is about to begin, so that there may be any number", async () => {
    let made = 0;
    function* items() {
      for (;;) yield ++made;
    }
    const work = async (item: number) => 2 * item;
    for await (const result of boundedPipeline(items(), work, { lanes: 3, room: 0 })) {
      if (result === 200) break;
    }
    expect(made).toBeLessThan(1000);
  });

  it("throws what the iterable throws, after the results before", async () => {
    function* items() {
      yield "a";
      throw new Error("no more");
    }
    const work = async (item: string) => item.toUpperCase();
    const given = await collect(boundedPipeline(items(), work, { lanes: 1, room: 0 }));
    expect(given).toEqual({ results: ["A"], error: new Error("no more") });
  });
});
