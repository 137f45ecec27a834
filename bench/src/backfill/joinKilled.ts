import { until } from "../until.ts";
import type { Member } from "./Member.ts";

const DEADLINE_MS = 1_000_000;
const LOOK_MS = 100;

export interface Joining {
  /** Until it was ready, without the time in which it did not run. */
  readonly runningMs: number;
  /** What it held when it was killed, and at the first look after it was started again. */
  readonly killedAt: number;
  readonly resumedAt: number;
}

/**
 * Starts a server that has to fetch `total` messages, kills it (-9) when it holds `killAt` of
 * them, starts it again, and waits until it is ready.
 */
export async function joinKilled(
  member: Member,
  { total, killAt }: { readonly total: number; readonly killAt: number },
): Promise<Joining> {
  const startedAt = performance.now();
  await member.start();
  let killedAt = 0;
  let resumedAt = 0;
  let downMs = 0;
  if (killAt > 0) {
    await until(
      async () => {
        killedAt = (await member.progress())?.held ?? 0;
        return killedAt >= total * killAt;
      },
      DEADLINE_MS,
      LOOK_MS,
    );
    await member.crash();
    const down = performance.now();
    await member.start();
    downMs = performance.now() - down;
    resumedAt = (await member.progress())?.held ?? 0;
  }
  await until(async () => (await member.progress())?.isReady === true, DEADLINE_MS, LOOK_MS);
  return { runningMs: performance.now() - startedAt - downMs, killedAt, resumedAt };
}
