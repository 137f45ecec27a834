import { call, callWell, postMany } from "../channelCalls.ts";
import type { Drill } from "../Drill.ts";
import type { DrillNeighborhood } from "../DrillNeighborhood.ts";
import type { Member } from "../Member.ts";
import { runDred } from "../runDred.ts";
import { demand, waitFor } from "../waitFor.ts";

const CHANNELS = 60;
const PER_CHANNEL = 1_000;
/** So slow that it takes some seconds, and is killed in the middle of it. */
const LINK_BYTES_PER_SECOND = 1_000_000;
const JOINED_MS_MAX = 60_000;
/** More than an empty Redis has, less than all entries take. */
const SMALL_BYTES = 12_000_000;

/** An empty server comes to others that hold much. */
export const joining: readonly Drill[] = [
  {
    name: "backfill",
    shows:
      "an empty server fetches 60,000 messages while posts go on, tells how far it is, is " +
      "killed -9 and goes on from there, and serves only when it has all",
    run: backfill,
  },
  {
    name: "backfill-without-memory",
    shows:
      "its Redis is too small: it ends with what to do, and with more memory goes on from there",
    run: backfillWithoutMemory,
  },
];

async function backfill(hood: DrillNeighborhood): Promise<void> {
  const third = await emptyThird(hood);
  hood.write({ servers: [hood.member("first"), hood.member("second")] });
  for (const from of ["first", "second"]) {
    hood.links.throttle(from, third.name, LINK_BYTES_PER_SECOND);
  }
  third.server.start();
  const total = CHANNELS * PER_CHANNEL;
  await waitFor("it holds a part", JOINED_MS_MAX, async () => {
    const { isReady, held, missing } = await progressOf(third);
    demand(!isReady, `it is ready with ${held} of ${total}`);
    if (held < total * 0.4 || missing === undefined) return `${held} held, ${missing} missing`;
    const message = { type: "note", msg: "too early", ocid: "too-early" };
    const { status } = await call("POST", `${third.url}/channel/bulk-0/message`, message);
    demand(status === 503, `a post is answered ${status} while it joins`);
    return undefined;
  });
  const told = await runDred("status", "--url", third.url);
  demand(/is joining: \d+ of \d+ entries held/.test(told), `dred status says: ${told}`);
  const { output } = third.server;
  demand(/joining: \d+ of \d+ entries held/.test(output), `serve says no progress: ${output}`);

  const { held: killedAt } = await progressOf(third);
  await third.server.kill();
  third.server.start();
  let resumedAt = 0;
  await waitFor("it answers again", JOINED_MS_MAX, async () => {
    resumedAt = (await progressOf(third)).held;
    return undefined;
  });
  hood.note(`killed with ${killedAt} entries, it went on from ${resumedAt} of ${total}`);
  demand(resumedAt >= killedAt, "it began anew");
  await third.server.ready(JOINED_MS_MAX);
  const { held } = await progressOf(third);
  demand(held >= total, `it is ready with ${held} of ${total}`);
}

async function backfillWithoutMemory(hood: DrillNeighborhood): Promise<void> {
  const third = await emptyThird(hood);
  await third.redis.send("CONFIG", "SET", "maxmemory", String(SMALL_BYTES));
  third.server.start();
  await waitFor("it gives up", JOINED_MS_MAX, () =>
    third.server.hasEnded ? undefined : "it runs",
  );
  const sentence = /the store has too little memory.*/.exec(third.server.output)?.[0];
  const wanted = /\(CONFIG SET maxmemory (\d+mb)\)/.exec(sentence ?? "")?.[1];
  hood.note(sentence ?? "it said nothing");
  demand(wanted !== undefined, `it does not say what to do: ${third.server.output}`);
  await third.redis.send("CONFIG", "SET", "maxmemory", wanted);
  third.server.start();
  await third.server.ready(JOINED_MS_MAX);
}

/** The third server is ended and its store emptied; the others hold many messages. */
async function emptyThird(hood: DrillNeighborhood): Promise<Member> {
  const third = hood.member("third");
  await third.server.terminate();
  await third.redis.kill();
  await third.redis.empty();
  await third.redis.start();
  const { url } = hood.member("first");
  for (let index = 0; index < CHANNELS; index++) {
    await callWell("POST", `${url}/channel/bulk-${index}`, {});
    await postMany(url, `bulk-${index}`, { prefix: `b${index}`, count: PER_CHANNEL, chars: 80 });
  }
  return third;
}

interface Progress {
  readonly isReady: boolean;
  readonly held: number;
  readonly missing: number | undefined;
}

/** @throws Error while it does not answer. */
async function progressOf({ url }: Member): Promise<Progress> {
  const { readiness, origins } = (await callWell("GET", `${url}/replication`)) as {
    readonly readiness: { readonly isReady: boolean; readonly entriesMissing?: number };
    readonly origins: readonly { readonly count: number }[];
  };
  const held = origins.reduce((sum, { count }) => sum + count, 0);
  return { isReady: readiness.isReady, held, missing: readiness.entriesMissing };
}
