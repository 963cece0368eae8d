import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "@let-there-be-color/core/user-error";
import { afterEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../testing/pictures.js";
import { writeZip, type ZipContent } from "../testing/zip-writer.js";
import { type Dataset, fingerprintDataset, itemPath } from "./dataset.js";
import { openDataset } from "./open-dataset.js";
import { readClassList } from "./picture-list.js";

// Opening looks at names alone, so that the files here need no picture in them.
const folders: { remove: () => Promise<void> }[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await folder.remove();
});

async function folderOf(...names: string[]): Promise<string> {
  const folder = await temporaryFolder(Object.fromEntries(names.map((name) => [name, "x"])));
  folders.push(folder);
  return folder.path;
}

async function zipOf(contents: readonly ZipContent[], zip64 = false): Promise<string> {
  const path = join(await folderOf(), "set.zip");
  await writeFile(path, writeZip(contents, zip64));
  return path;
}

const entry = (name: string): ZipContent => ({ name, bytes: Buffer.from("x") });

function namesAndClasses(dataset: Dataset): [string, string | null][] {
  return dataset.items.map(({ name, label }) => [name, dataset.classes[label] ?? null]);
}

async function messageOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  return (error as UserError).message;
}

describe("folders", () => {
  it("takes every folder as a class and sorts by code units", async () => {
    const path = await folderOf("sea/b.jpg", "sea/B.png", "sea/deep/er/a.webp", "Zoo/1.JPEG");
    const dataset = await openDataset([path]);
    expect(dataset.classes).toEqual(["Zoo", "sea"]);
    expect(namesAndClasses(dataset)).toEqual([
      ["Zoo/1.JPEG", "Zoo"],
      ["sea/B.png", "sea"],
      ["sea/b.jpg", "sea"],
      ["sea/deep/er/a.webp", "sea"],
    ]);
    expect(itemPath(dataset, dataset.items[1]!)).toBe(`${path}/sea/B.png`);
  });

  it("gives pictures outside of folders no label", async () => {
    const flat = await openDataset([await folderOf("2.jpg", "1.jpg")]);
    expect(flat.classes).toEqual([]);
    expect(namesAndClasses(flat)).toEqual([
      ["1.jpg", null],
      ["2.jpg", null],
    ]);
    const mixed = await openDataset([await folderOf("loose.jpg", "sea/1.jpg")]);
    expect(namesAndClasses(mixed)).toEqual([
      ["loose.jpg", null],
      ["sea/1.jpg", "sea"],
    ]);
  });

  it("ignores hidden files, macOS leavings and other files, and names the latter", async () => {
    const path = await folderOf(
      "a/1.jpg",
      "a/._1.jpg",
      "a/.DS_Store",
      "__MACOSX/a/1.jpg",
      "a/n.txt",
    );
    const dataset = await openDataset([path]);
    expect(namesAndClasses(dataset)).toEqual([["a/1.jpg", "a"]]);
    expect(dataset.ignored).toEqual([`${path}/a/n.txt`]);
  });

  it("follows links but not in circles", async () => {
    const path = await folderOf("real/1.jpg");
    const elsewhere = await folderOf("2.jpg");
    await symlink(elsewhere, join(path, "linked"));
    await symlink(path, join(path, "real", "circle"));
    const dataset = await openDataset([path]);
    expect(namesAndClasses(dataset)).toEqual([
      ["linked/2.jpg", "linked"],
      ["real/1.jpg", "real"],
    ]);
  });

  it("looks through one outer folder", async () => {
    const dataset = await openDataset([await folderOf("set/sea/1.jpg", "set/forest/1.jpg")]);
    expect(dataset.classes).toEqual(["forest", "sea"]);
  });

  it("recognises Places365's layout", async () => {
    const dataset = await openDataset([
      await folderOf(
        "data_256/a/abbey/1.jpg",
        "data_256/a/apartment_building/outdoor/1.jpg",
        "data_256/b/bar/1.jpg",
      ),
    ]);
    expect(dataset.classes).toEqual(["abbey", "apartment_building/outdoor", "bar"]);
    expect(dataset.items.map(({ label }) => label)).toEqual([0, 1, 2]);
  });

  it("refuses a folder of sets, which are no classes", async () => {
    const path = await folderOf("train/sea/1.jpg", "val/sea/1.jpg");
    expect(await messageOf(openDataset([path]))).toContain(`${path}/train`);
  });

  it("says what is missing or empty", async () => {
    expect(await messageOf(openDataset([]))).toContain("at least one");
    expect(await messageOf(openDataset(["/nowhere/at/all"]))).toContain("/nowhere/at/all");
    expect(await messageOf(openDataset([await folderOf("a/notes.txt")]))).toContain("a/notes.txt");
    const empty = await folderOf();
    await mkdir(join(empty, "sea"));
    expect(await messageOf(openDataset([empty]))).toContain("no picture");
  });
});

describe("zips", () => {
  it("are listed like folders, whatever the order inside", async () => {
    const names = ["sea/2.jpg", "forest/", "forest/1.jpg", "sea/1.jpg", "__MACOSX/sea/._1.jpg"];
    const zip = await openDataset([await zipOf(names.map(entry))]);
    const folder = await openDataset([await folderOf("sea/1.jpg", "sea/2.jpg", "forest/1.jpg")]);
    expect(namesAndClasses(zip)).toEqual(namesAndClasses(folder));
    expect(fingerprintDataset(zip)).toBe(fingerprintDataset(folder));
    const zip64 = await openDataset([await zipOf(names.map(entry), true)]);
    expect(fingerprintDataset(zip64)).toBe(fingerprintDataset(folder));
  });

  it("must be whole and harmless", async () => {
    const text = join(await folderOf("x.zip"), "x.zip");
    expect(await messageOf(openDataset([text]))).toContain("neither a folder nor a readable zip");
    const whole = writeZip([entry("sea/1.jpg")]);
    await writeFile(text, whole.subarray(0, whole.length - 5));
    expect(await messageOf(openDataset([text]))).toContain("neither a folder nor a readable zip");
    for (const name of ["../1.jpg", "sea/../../1.jpg", "/etc/1.jpg", "C:/1.jpg"]) {
      expect(await messageOf(openDataset([await zipOf([entry(name)])]))).toContain(name);
    }
    const strange = await zipOf([{ ...entry("sea/1.jpg"), method: 12 }]);
    expect(await messageOf(openDataset([strange]))).toContain("method 12");
  });
});

describe("several sources", () => {
  it("merge their classes by name, except where unlabelled", async () => {
    const dataset = await openDataset([
      await zipOf(["sea/1.jpg", "wood/1.jpg"].map(entry)),
      await folderOf("sea/2.jpg", "lake/1.jpg"),
      { path: await folderOf("people/1.jpg"), labelled: false },
    ]);
    expect(dataset.classes).toEqual(["lake", "sea", "wood"]);
    expect(dataset.items.map(({ source, label }) => [source, label])).toEqual([
      [0, 1],
      [0, 2],
      [1, 0],
      [1, 1],
      [2, -1],
    ]);
  });

  it("follow a given class order and refuse other classes", async () => {
    const path = await folderOf("sea/1.jpg", "wood/1.jpg");
    const dataset = await openDataset([path], { classes: ["wood", "desert", "sea"] });
    expect(dataset.classes).toEqual(["wood", "desert", "sea"]);
    expect(dataset.items.map(({ label }) => label)).toEqual([2, 0]);
    expect(await messageOf(openDataset([path], { classes: ["sea"] }))).toContain('"wood"');
    expect(await messageOf(openDataset([path], { classes: ["a", "a"] }))).toContain("twice");
  });

  it("change the fingerprint with any name or label", async () => {
    const base = await openDataset([await folderOf("sea/1.jpg", "wood/1.jpg")]);
    const renamed = await openDataset([await folderOf("sea/1.jpg", "wood/2.jpg")]);
    const reordered = { ...base, classes: [...base.classes].reverse() };
    expect(new Set([base, renamed, reordered].map(fingerprintDataset)).size).toBe(3);
  });
});

describe("list files", () => {
  const categories = "/a/abbey 0\n/a/apartment_building/outdoor 1\n/b/bar 2\n";

  async function listed(list: string, ...names: string[]) {
    const path = await folderOf(...names);
    const listFile = join(path, "places365_train.txt");
    await writeFile(listFile, list);
    await writeFile(join(path, "categories_places365.txt"), categories);
    return { path: join(path, "data_256"), list: listFile };
  }

  it("name the pictures and their classes", async () => {
    const source = await listed(
      "/b/bar/1.jpg 2\n/a/abbey/2.jpg 0\r\n",
      "data_256/b/bar/1.jpg",
      "data_256/a/abbey/2.jpg",
      "data_256/a/abbey/1.jpg",
    );
    const dataset = await openDataset([source]);
    expect(dataset.classes).toEqual(["abbey", "apartment_building/outdoor", "bar"]);
    expect(namesAndClasses(dataset)).toEqual([
      ["a/abbey/2.jpg", "abbey"],
      ["b/bar/1.jpg", "bar"],
    ]);
  });

  it("may have no labels, and may point into a zip", async () => {
    const { list } = await listed("/b/bar/1.jpg\n");
    const dataset = await openDataset([{ path: await zipOf([entry("b/bar/1.jpg")]), list }]);
    expect(namesAndClasses(dataset)).toEqual([["b/bar/1.jpg", null]]);
    expect(dataset.items[0]!.zipEntry).toBeDefined();
    const other = await zipOf([entry("bar/1.jpg")]);
    expect(await messageOf(openDataset([{ path: other, list }]))).toContain("line 1");
  });

  it("are checked", async () => {
    const wrongRoot = await listed("/b/bar/1.jpg 2\n", "data_256/x.jpg");
    expect(await messageOf(openDataset([wrongRoot]))).toContain("line 1: there is no b/bar/1.jpg");
    const outside = await listed("ok.jpg 1\n../../etc/passwd 2\n", "data_256/ok.jpg");
    expect(await messageOf(openDataset([outside]))).toContain("line 2");
    const unknown = await listed("ok.jpg 3\n", "data_256/ok.jpg");
    expect(await messageOf(openDataset([unknown]))).toContain("from 0 to 2");
    const none = { ...unknown, categories: "/nowhere.txt" };
    expect(await messageOf(openDataset([none]))).toContain("/nowhere.txt");
    const empty = await listed("\n", "data_256/ok.jpg");
    expect(await messageOf(openDataset([empty]))).toContain("empty");
  });

  it("of classes hold one name a line, or Places365's numbered names", async () => {
    const path = await folderOf();
    const plain = join(path, "classes.txt");
    await writeFile(plain, "sea\r\nold town\n\nwood\n");
    expect(await readClassList(plain)).toEqual(["sea", "old town", "wood"]);
    const numbered = join(path, "categories.txt");
    await writeFile(numbered, categories);
    expect(await readClassList(numbered)).toEqual(["abbey", "apartment_building/outdoor", "bar"]);
    await writeFile(numbered, "/a/abbey 1\n");
    expect(await messageOf(readClassList(numbered))).toContain("line 1");
  });
});
