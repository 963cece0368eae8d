import { appendFile, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../testing/pictures.js";
import { Journal, type JournalRecord, readJournal, writtenRecord } from "./journal.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let path: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  path = join(folder.path, "journal.jsonl");
});
afterEach(() => folder.remove());

const steps = (step: number): JournalRecord => ({
  type: "steps",
  step,
  epoch: 1,
  phase: 1,
  learningRate: 0.1,
  measures: { colorLoss: 1 / step, classLoss: null, accuracy: null },
  gradientNorm: 2,
  imagesPerSecond: 3,
});

function write(...records: JournalRecord[]): void {
  const journal = Journal.create(path);
  for (const record of records) journal.append(record);
  journal.flush();
  journal.close();
}

describe("Journal", () => {
  it("writes a line for each record, readable at once", async () => {
    const journal = Journal.create(path);
    journal.append(steps(10));
    expect(await readJournal(path)).toEqual([steps(10)]);
    journal.append(steps(20));
    expect(journal.lines).toBe(2);
    journal.close();
    expect((await readFile(path, "utf8")).split("\n")).toHaveLength(3);
  });

  it("writes measures beside the other fields, and reads them apart", async () => {
    const validation: JournalRecord = {
      ...{ type: "validation", step: 10, epoch: 1, phase: 1, crop: 8, pictures: 4 },
      measures: { anyMeasure: 0.5, abError: 3 },
      training: { anyMeasure: 0.25 },
      improved: true,
    };
    write(steps(10), validation);
    const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
    expect(JSON.parse(lines[0]!)).toMatchObject({ step: 10, colorLoss: 0.1, gradientNorm: 2 });
    expect(JSON.parse(lines[1]!)).toMatchObject({ anyMeasure: 0.5, abError: 3, improved: true });
    expect(lines.join()).not.toContain("measures");
    expect(await readJournal(path)).toEqual([steps(10), validation]);
  });

  it("cuts off what came after the checkpoint, half lines included", async () => {
    write(steps(10), steps(20), steps(30));
    await appendFile(path, '{"type":"steps","st');
    const journal = await Journal.resume(path, 2);
    journal.append(steps(31));
    journal.close();
    expect(journal.lines).toBe(3);
    expect(await readJournal(path)).toEqual([steps(10), steps(20), steps(31)]);
  });

  it("never overwrites a journal", () => {
    write(steps(10));
    expect(() => Journal.create(path)).toThrow(/EEXIST/);
  });

  it("goes on with what is there if lines were taken away", async () => {
    write(steps(10));
    (await Journal.resume(path, 5)).close();
    expect(await readJournal(path)).toEqual([steps(10)]);
    await rm(path);
    const journal = await Journal.resume(path, 5);
    expect(journal.lines).toBe(0);
    journal.close();
  });

  it("skips a half last line when it is read", async () => {
    await writeFile(path, `${JSON.stringify(writtenRecord(steps(10)))}\n{"type":`);
    expect(await readJournal(path)).toEqual([steps(10)]);
  });
});
