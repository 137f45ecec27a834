import { parseServerId } from "@dred/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NO_SOURCE, selectSource, SOURCE_PATIENCE_MS } from "./sourceSelection.ts";
import type { SourceState, SourceView } from "./sourceSelection.ts";

const [own, relay, third] = ["own", "relay", "third"].map(parseServerId) as [never, never, never];

function viewOf(change: Partial<SourceView>): SourceView {
  return {
    direct: own,
    candidates: [
      { peer: own, count: 5 },
      { peer: relay, count: 9 },
    ],
    held: 5,
    isArriving: false,
    nowMs: 0,
    patienceMs: SOURCE_PATIENCE_MS,
    ...change,
  };
}

const from = (source: never): SourceState => ({ ...NO_SOURCE, source });

describe("the source of an origin", () => {
  test("R9: is its own server where that is connected, else whoever is furthest ahead", () => {
    expect(selectSource(NO_SOURCE, viewOf({})).source).toBe(own);
    const others = [
      { peer: relay, count: 7 },
      { peer: third, count: 8 },
    ];
    expect(selectSource(NO_SOURCE, viewOf({ candidates: others })).source).toBe(third);
  });

  test("R9: changes only after the patience, and only when another is ahead", () => {
    const waiting = selectSource(from(own), viewOf({ nowMs: 1 }));
    expect(waiting).toMatchObject({ source: own, waitingSince: 1 });
    const early = viewOf({ nowMs: SOURCE_PATIENCE_MS });
    expect(selectSource(waiting, early).source).toBe(own);
    const late = viewOf({ nowMs: SOURCE_PATIENCE_MS + 1 });
    expect(selectSource(waiting, late).source).toBe(relay);
    expect(selectSource(waiting, { ...late, held: 9 }).source).toBe(own);
  });

  test("R9: never changes while its bytes arrive, however far another is ahead", () => {
    const anyLook = fc.record({ own: fc.nat(), relay: fc.nat(), pauseMs: fc.nat({ max: 9999 }) });
    fc.assert(
      fc.property(fc.array(anyLook), fc.boolean(), (looks, isDirect) => {
        let state = from(own);
        let nowMs = 0;
        for (const look of looks) {
          nowMs += look.pauseMs;
          const candidates = [
            { peer: own, count: look.own },
            { peer: relay, count: look.relay },
          ];
          const direct = isDirect ? own : undefined;
          state = selectSource(state, viewOf({ candidates, direct, isArriving: true, nowMs }));
          expect(state.source).toBe(own);
        }
      }),
    );
  });

  test("R9: returns to its own server once that was well for a second", () => {
    const view = viewOf({ isArriving: true });
    let state = selectSource(from(relay), view);
    state = selectSource(state, { ...view, nowMs: 999 });
    expect(state.source).toBe(relay);
    expect(selectSource(state, { ...view, nowMs: 1000 }).source).toBe(own);
    const behind = selectSource(state, { ...view, held: 6, nowMs: 1000 });
    expect(behind).toMatchObject({ source: relay, directWellSince: undefined });
  });

  test("R9: stays the only peer that has what is missing, however long it gives nothing", () => {
    const candidates = [{ peer: relay, count: 9 }];
    const state = { ...from(relay), waitingSince: 0 };
    const view = viewOf({ direct: undefined, candidates, nowMs: 10 * SOURCE_PATIENCE_MS });
    expect(selectSource(state, view)).toEqual(state);
  });

  test("is none when nobody is connected", () => {
    expect(selectSource(from(relay), viewOf({ candidates: [] }))).toEqual(NO_SOURCE);
  });
});
