import { parseOriginId } from "@dred/protocol";
import type { Entry } from "@dred/protocol";
import { expect, test } from "vitest";
import { EntryQueue } from "./EntryQueue.ts";

const ORIGIN = parseOriginId("a.mgqkx2o0aa");

const entriesFrom = (seq: number, count: number): Entry[] =>
  Array.from({ length: count }, (_, index) => {
    return { ts: seq + index, seq: seq + index, chain: "", line: "{}" };
  });

const seqsOf = (queue: EntryQueue): number[] | undefined =>
  queue.next()?.entries.map(({ seq }) => seq);

test("what stops entries ends their own call alone, at whatever entry of it that is", async () => {
  const queue = new EntryQueue();
  const taken = queue.add(ORIGIN, entriesFrom(1, 2));
  const stopped = queue.add(ORIGIN, entriesFrom(3, 3));
  const empty = queue.add(ORIGIN, []);
  const later = queue.add(ORIGIN, entriesFrom(4, 2));

  queue.settle(ORIGIN, 3, "hole");
  expect(await taken).toBeUndefined();
  expect(await stopped).toBe("hole");
  expect(seqsOf(queue)).toEqual([4, 5]);

  queue.settle(ORIGIN, 1, undefined);
  expect(await empty).toBeUndefined();
  expect(seqsOf(queue)).toEqual([5]);

  queue.settle(ORIGIN, 1, undefined);
  expect(await later).toBeUndefined();
  expect(queue.size).toBe(0);
});

test("those behind a hole that begin no nearer to the head end with it, up to one that does", async () => {
  const queue = new EntryQueue();
  const holes = [7, 8, 7].map((seq) => queue.add(ORIGIN, entriesFrom(seq, 1)));
  const answer = queue.add(ORIGIN, entriesFrom(2, 7));
  const behind = queue.add(ORIGIN, entriesFrom(9, 1));

  queue.settle(ORIGIN, 0, "hole");
  expect(await Promise.all(holes)).toEqual(["hole", "hole", "hole"]);
  expect(seqsOf(queue)).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);

  queue.settle(ORIGIN, 8, undefined);
  expect(await Promise.all([answer, behind])).toEqual([undefined, undefined]);
});
