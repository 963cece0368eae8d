import { expect, test } from "vitest";
import { SharedMemory } from "./shared-memory.js";

test("SharedMemory gives the smallest piece that fits, each to one at a time", () => {
  const memory = new SharedMemory();
  for (const bytes of [1000, 50, 300]) memory.give(new Uint8Array(new SharedArrayBuffer(bytes)));
  expect(memory.take(100).byteLength).toBe(300);
  expect(memory.take(100).byteLength).toBe(1000);
  expect(memory.take(100).byteLength).toBe(100); // a new one: 50 is left
  memory.give(Uint8Array.of(1, 2, 3)); // no shared memory
  expect(memory.take(1).byteLength).toBe(50);
  expect(memory.take(1).byteLength).toBe(1);
});

test("SharedMemory keeps the largest eight pieces", () => {
  const memory = new SharedMemory();
  for (let i = 1; i <= 12; i++) memory.give(new Uint8Array(new SharedArrayBuffer(i * 10)));
  const kept = Array.from({ length: 9 }, () => memory.take(1).byteLength);
  expect(kept).toEqual([50, 60, 70, 80, 90, 100, 110, 120, 1]);
});
