import { isCovered, parseOriginId } from "@dred/protocol";
import type { Head, OriginId, Position } from "@dred/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MemoryChannel, pendingPost } from "./__tests__/MemoryChannel.ts";
import { formatIndexed, parseIndexed } from "./identityIndex.ts";
import { findHeld, historyView, judgeTwins, noteTwin, parseTwins } from "./twins.ts";

const [first, second] = [parseOriginId("first.aaa00"), parseOriginId("second.aaa00")];
const nowMs = 1_763_923_555_123;

/** Two to five places of one ocid, each with one of two contents. */
const anyNoted = fc
  .uniqueArray(
    fc.record({
      origin: fc.constantFrom(first, second, parseOriginId("third.aaa00")),
      ts: fc.integer({ min: 1, max: 9 }),
      hash: fc.constantFrom("aaaa", "bbbb"),
    }),
    { minLength: 2, maxLength: 5, selector: ({ origin, ts }) => `${origin}/${ts}` },
  )
  .map((twins) =>
    twins.map(({ origin, ts, hash }) => formatIndexed(origin, { ts, seq: ts }, hash)),
  );

describe("twins", () => {
  test("R6: of equal twins a reader is shown exactly one, whichever server it reads", () => {
    fc.assert(
      fc.property(anyNoted, fc.infiniteStream(fc.nat()), (noted, choices) => {
        const note = noted.join(" ");
        const logs = new Map<OriginId, ReturnType<typeof parseTwins>>();
        for (const twin of parseTwins(note).sort((a, b) => a.ts - b.ts)) {
          logs.set(twin.origin, [...(logs.get(twin.origin) ?? []), twin]);
        }
        const vector = new Map<OriginId, Head>();
        const shown: string[] = [];
        while (logs.size > 0) {
          const origin = [...logs.keys()][Number(choices.next().value) % logs.size] ?? first;
          const [self, ...rest] = logs.get(origin) ?? [];
          if (rest.length > 0) logs.set(origin, rest);
          else logs.delete(origin);
          if (self === undefined) continue;
          const isShown = ({ origin, ts }: Position): boolean => isCovered(vector, origin, ts);
          const verdict = judgeTwins(note, self, { isShown, isGone: () => false });
          if (verdict !== "hide") shown.push(self.contentHash);
          vector.set(origin, self);
        }

        const contents = new Set(noted.map((value) => parseIndexed(value).contentHash));
        expect(shown.sort()).toEqual([...contents].sort());
      }),
    );
  });

  test("R8: history shows the first of each content and flags only the later content", () => {
    fc.assert(
      fc.property(anyNoted, (noted) => {
        const verdicts = parseTwins(noted.join(" "))
          .sort((a, b) => a.ts - b.ts || (a.origin < b.origin ? -1 : 1))
          .map((self) => {
            const view = historyView(self, () => false);
            return { self, verdict: judgeTwins(noted.join(" "), self, view) };
          });

        const seen = new Set<string>();
        for (const { self, verdict } of verdicts) {
          const isRepeat = seen.has(self.contentHash);
          const expected = isRepeat ? "hide" : seen.size > 0 ? "conflict" : "show";
          expect(verdict).toBe(expected);
          seen.add(self.contentHash);
        }
      }),
    );
  });

  test("R8: a dead twin hides and flags nothing, as on a server that never held it", () => {
    fc.assert(
      fc.property(anyNoted, fc.integer({ min: 1, max: 9 }), (noted, deadThrough) => {
        const isGone = ({ ts }: Position): boolean => ts <= deadThrough;
        const living = noted.map(parseIndexed).filter((twin) => !isGone(twin));
        const late = noted.filter((value) => !isGone(parseIndexed(value))).join(" ");

        for (const self of living) {
          const here = judgeTwins(noted.join(" "), self, historyView(self, isGone));
          expect(here).toBe(
            judgeTwins(
              late,
              self,
              historyView(self, () => false),
            ),
          );
        }
      }),
    );
  });

  test("R8: the note is the same in whichever order the positions come, and repeats", () => {
    fc.assert(
      fc.property(anyNoted, (noted) => {
        const note = (values: readonly string[]): string =>
          values.slice(1).reduce(noteTwin, values[0] ?? "");

        expect(note([...noted, ...noted].reverse())).toBe(note(noted));
      }),
    );
  });

  test("R4: a message is held where the index says, and at each twin that is not lost", () => {
    fc.assert(
      fc.property(anyNoted, fc.integer({ min: 0, max: 9 }), (noted, ts) => {
        const [known = ""] = noted;
        const note = noted.slice(1).reduce(noteTwin, known);
        const heads = new Map([[first, { ts, seq: ts, chain: "" }]]);
        const content = { heads, bases: new Map(), twins: new Map([["d", note]]) };

        const found = findHeld(content, "d", known);

        const held = [known, ...note.split(" ")].map(parseIndexed).filter((twin) => {
          return twin.origin === first && twin.ts <= ts;
        });
        expect(found).toEqual(held);
      }),
    );
  });

  test("R4: a twin that is there comes before a position that was given up", () => {
    const [lost, again] = [`${first}/3-3:aaaa`, `${second}/9-1:aaaa`];
    const heads = new Map([
      [first, { ts: 5, seq: 5, chain: "" }],
      [second, { ts: 9, seq: 1, chain: "" }],
    ]);
    const bases = new Map([[first, { ts: 4, seq: 4, chain: "" }]]);
    const twins = new Map([["d", noteTwin(lost, again)]]);

    expect(findHeld({ heads, bases, twins }, "d", lost)).toEqual(
      [again, lost, lost].map(parseIndexed),
    );
    expect(findHeld({ heads, bases, twins: new Map() }, "d", lost)).toEqual([parseIndexed(lost)]);
  });

  test("R6: a replica stores a message posted twice, and notes where both lie", () => {
    const [here, there] = [new MemoryChannel(), new MemoryChannel()];
    here.post(first, pendingPost("o1"), nowMs);
    there.post(second, pendingPost("o1"), nowMs);

    here.receive(second, there.entriesOf(second), nowMs);
    there.receive(first, here.entriesOf(first), nowMs);

    expect(here.entriesOf(second)).toEqual(there.entriesOf(second));
    const { digest } = pendingPost("o1");
    expect(here.log.twins.get(digest)?.split(" ")).toHaveLength(2);
    expect(there.log.twins).toEqual(here.log.twins);
  });
});
