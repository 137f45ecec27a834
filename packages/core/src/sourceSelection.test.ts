import { limits, parseServerId } from "@dred/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  AHEAD_PATIENCE_MS,
  BUSY_PATIENCE_MS,
  NO_SOURCE,
  selectSource,
  SOURCE_PATIENCE_MS,
} from "./sourceSelection.ts";
import type { SourceState, SourceView } from "./sourceSelection.ts";

const [own, relay, third] = ["own", "relay", "third"].map(parseServerId) as [never, never, never];

function viewOf(change: Partial<SourceView>): SourceView {
  return {
    direct: own,
    candidates: [
      { peer: own, count: 5, isBehind: false },
      { peer: relay, count: 9, isBehind: false },
    ],
    held: 5,
    isArriving: false,
    isBusy: false,
    isWordOld: false,
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
      { peer: relay, count: 7, isBehind: false },
      { peer: third, count: 8, isBehind: false },
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

  test("R11: changes when it was silent for 1.5 s and another was ahead for half of that", () => {
    const silent = { ...from(own), silentSince: 0 };
    const ahead = selectSource(silent, viewOf({ nowMs: 5_000 })); // nobody had posted before
    expect(ahead).toMatchObject({ source: own, waitingSince: 5_000 });
    const next = (ms: number) => viewOf({ nowMs: 5_000 + ms });
    expect(selectSource(ahead, next(AHEAD_PATIENCE_MS - 1)).source).toBe(own);
    expect(selectSource(ahead, next(AHEAD_PATIENCE_MS)).source).toBe(relay);
    const arriving = selectSource(silent, viewOf({ nowMs: 5_000, isArriving: true }));
    const behind = selectSource(arriving, next(250));
    expect(selectSource(behind, next(SOURCE_PATIENCE_MS - 1)).source).toBe(own);
    expect(selectSource(behind, next(SOURCE_PATIENCE_MS)).source).toBe(relay);
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
            { peer: own, count: look.own, isBehind: false },
            { peer: relay, count: look.relay, isBehind: false },
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
    const candidates = view.candidates.map((one) => ({ ...one, isBehind: one.peer === own }));
    const behind = selectSource(state, { ...view, candidates, nowMs: 1000 });
    expect(behind).toMatchObject({ source: relay, directWellSince: undefined });
  });

  test("R9: returns to its own server under load, when we hold more than it last told of", () => {
    let state = selectSource(from(relay), viewOf({ isArriving: true }));
    for (let nowMs = 250; nowMs <= 1000; nowMs += 250) {
      state = selectSource(state, viewOf({ isArriving: true, held: 5 + nowMs, nowMs }));
    }
    expect(state.source).toBe(own);
  });

  test("R9: one that has more waits longer while other bytes of its link arrive, not for ever", () => {
    const candidates = [
      { peer: own, count: 9, isBehind: false },
      { peer: relay, count: 9, isBehind: false },
    ];
    const waiting = { ...from(own), waitingSince: 0, silentSince: 0 };
    const slow = viewOf({ candidates, isBusy: true, nowMs: BUSY_PATIENCE_MS - 1 });
    expect(selectSource(waiting, slow).source).toBe(own);
    expect(selectSource(waiting, { ...slow, nowMs: BUSY_PATIENCE_MS }).source).toBe(relay);
    const others = viewOf({ isBusy: true, nowMs: SOURCE_PATIENCE_MS }); // it has no more to give
    expect(selectSource(waiting, others).source).toBe(relay);
  });

  test("R9: so does one whose word of what it has waits behind its bytes, only while these come", () => {
    const waiting = { ...from(own), waitingSince: 0, silentSince: 0 };
    const slow = viewOf({ isBusy: true, isWordOld: true, nowMs: BUSY_PATIENCE_MS - 1 });
    expect(selectSource(waiting, slow).source).toBe(own);
    expect(selectSource(waiting, { ...slow, nowMs: BUSY_PATIENCE_MS }).source).toBe(relay);
    expect(selectSource(waiting, { ...slow, isBusy: false }).source).toBe(relay);
  });

  test("R10: the largest frame arrives within the patience for a busy line of 1 MB/s", () => {
    expect(limits.FRAME_BYTES_MAX / 1_000_000).toBeLessThan(BUSY_PATIENCE_MS / 1000);
    expect(limits.LINK_CREDIT_BYTES / 1_000_000).toBeLessThan(BUSY_PATIENCE_MS / 1000);
  });

  test("R9: stays the only peer that has what is missing, however long it gives nothing", () => {
    const candidates = [{ peer: relay, count: 9, isBehind: false }];
    const state = { ...from(relay), waitingSince: 0, silentSince: 0 };
    const view = viewOf({ direct: undefined, candidates, nowMs: 10 * SOURCE_PATIENCE_MS });
    expect(selectSource(state, view)).toEqual(state);
  });

  test("is none when nobody is connected", () => {
    expect(selectSource(from(relay), viewOf({ candidates: [] }))).toEqual(NO_SOURCE);
  });

  test("R11: one that answers and never delivers is taken again ever more rarely", () => {
    const { times, mutes } = watch(600_000, () => false);
    expect(times.own).toBeLessThan(0.15 * 600_000);
    expect(mutes).toBeGreaterThan(10); // but it is tried again, at least each half a minute
  });

  test("R9: one that was silent and delivers again is the source again, and stays it", () => {
    const { times } = watch(600_000, (nowMs) => nowMs > 300_000);
    expect(times.own).toBeGreaterThan(300_000 - 35_000);
    expect(times.own).toBeLessThan(300_000 + 0.15 * 300_000);
  });

  test("who was silent is taken when nobody else is there, and forgotten when it is gone", () => {
    const silent = [{ peer: own, untilMs: 9_000, forMs: 5_000 }] as const;
    const alone = viewOf({ candidates: [{ peer: own, count: 9, isBehind: false }] });
    expect(selectSource({ ...NO_SOURCE, silent }, alone).source).toBe(own);
    expect(selectSource({ ...NO_SOURCE, silent }, viewOf({})).source).toBe(relay);
    const gone = viewOf({ candidates: [], nowMs: 9_000 });
    expect(selectSource({ ...from(own), silent }, gone)).toEqual(NO_SOURCE);
  });
});

/** A relay that always delivers, and the origin's own server that does only when `delivers`. */
function watch(
  forMs: number,
  delivers: (nowMs: number) => boolean,
): { times: { own: number; relay: number }; mutes: number } {
  const times = { own: 0, relay: 0 };
  let mutes = 0;
  let state = from(own);
  for (let nowMs = 0; nowMs < forMs; nowMs += 250) {
    const isArriving = state.source === relay || delivers(nowMs);
    const next = selectSource(state, viewOf({ isArriving, nowMs }));
    if (next.source === own && state.source === relay) mutes++;
    state = next;
    times[state.source === own ? "own" : "relay"] += 250;
  }
  return { times, mutes };
}
