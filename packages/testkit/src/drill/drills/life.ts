import { callWell, call, ocidsOf, postMany } from "../channelCalls.ts";
import type { Drill } from "../Drill.ts";
import type { DrillNeighborhood } from "../DrillNeighborhood.ts";
import type { Member } from "../Member.ts";
import { RawReader } from "../RawReader.ts";
import { demand, waitFor } from "../waitFor.ts";

const COUNT = 300;
const LIFETIME_MS = 4_000;
/** A lifetime, a look for what is dead each 5 s, and some for a busy machine. */
const TRIMMED_MS_MAX = 30_000;

/** The death of messages and of channels: told to readers, convergent, and memory given back. */
export const life: readonly Drill[] = [
  {
    name: "channel-created-again",
    shows:
      "a channel is deleted and created again while a server is cut off and another is away: " +
      "nothing of the old generation comes back, and no store keeps any of it",
    run: createdAgain,
  },
  {
    name: "messages-expired",
    shows:
      "messages outlive their lifetime while a server is away: it resurrects none, an old cursor " +
      "gets a gap on every server, the stores give their memory back",
    run: expired,
  },
  {
    name: "messages-beyond-max",
    shows: "each server's newest messages are kept, the same everywhere, also by one that was away",
    run: beyondMax,
  },
];

async function createdAgain(hood: DrillNeighborhood): Promise<void> {
  const [first, second, third] = trio(hood);
  await create(hood, "life", {});
  for (const { name, url } of hood.members) await postMany(url, "life", news(name, "old"));
  await hood.settle();
  const reader = new RawReader("reader of life", first.url, ["life"]);
  await waitFor("all are read", 10_000, () =>
    reader.received.length === 3 * COUNT ? undefined : `${reader.received.length} are`,
  );
  await third.server.kill();
  hood.links.cut("first", "second");
  await callWell("DELETE", `${first.url}/channel/life`);
  await postMany(second.url, "life", news("second", "late"));
  await callWell("POST", `${first.url}/channel/life`, {});
  const again = await postMany(first.url, "life", news("first", "new"));
  hood.links.restore("first", "second");
  third.server.start();
  await third.server.ready();
  await hood.settle();

  for (const { name, url, redis } of hood.members) {
    demand(isEqual(await ocidsOf(url, "life"), again), `${name} shows more than the new messages`);
    await waitFor(`nothing of the old generation in the store of ${name}`, 10_000, async () => {
      const keys = (await redis.send("KEYS", "dred:*{life~0}*")) as string[];
      return keys.length === 0 ? undefined : keys.join(", ");
    });
  }
  await reader.close();
  const [deleted] = reader.controls.filter(({ type }) => type === "deleted");
  demand(deleted !== undefined, "the reader was not told that the channel was deleted");
  const after = reader.received.slice(3 * COUNT).map(({ ocid }) => ocid);
  demand(isEqual(after, again), `after the deletion the reader got ${after.length} messages`);
}

async function expired(hood: DrillNeighborhood): Promise<void> {
  const [first, , third] = trio(hood);
  await create(hood, "life", { messageLifetime: LIFETIME_MS });
  await postMany(first.url, "life", { prefix: "first", count: 1 });
  await hood.settle();
  const cursor = await cursorOf(first);
  for (const { name, url } of hood.members) await postMany(url, "life", news(name, "old"));
  await third.server.kill();
  await waitFor("all have expired", TRIMMED_MS_MAX, async () => {
    const left = await ocidsOf(first.url, "life");
    return left.length === 0 ? undefined : `${left.length} have not, among them ${left[0]}`;
  });
  third.server.start();
  await third.server.ready();
  for (const { name, url } of hood.members) {
    const shown = await ocidsOf(url, "life");
    demand(shown.length === 0, `${name} shows ${shown.length} messages that are dead`);
    await waitFor(`the store of ${name} has given them up`, TRIMMED_MS_MAX, async () => {
      const left = await entriesIn(hood.member(name), "life");
      return left === 0 ? undefined : `${left} entries are left`;
    });
    demand(await isToldOfGap(url, cursor), `${name} does not tell an old cursor what died`);
  }
}

async function beyondMax(hood: DrillNeighborhood): Promise<void> {
  const [first, second, third] = trio(hood);
  await create(hood, "life", { maxMessages: 10 });
  await postMany(third.url, "life", news("third", "old"));
  await hood.settle();
  await third.server.kill();
  const expectedFirst = await postMany(first.url, "life", news("first", "new"));
  const expectedSecond = await postMany(second.url, "life", news("second", "new"));
  third.server.start();
  await third.server.ready();
  const expectedThird = (await postMany(third.url, "life", news("third", "new"))).slice(-10);
  await hood.settle();
  const expected = [...expectedFirst.slice(-10), ...expectedSecond.slice(-10), ...expectedThird];
  for (const { name, url } of hood.members) {
    const shown = await ocidsOf(url, "life");
    demand(isEqual(shown, expected), `${name} keeps ${shown.join(" ")}`);
    await waitFor(`the store of ${name} holds no more`, TRIMMED_MS_MAX, async () => {
      const left = await entriesIn(hood.member(name), "life");
      return left === expected.length ? undefined : `${left} entries are left`;
    });
  }
}

function trio(hood: DrillNeighborhood): [Member, Member, Member] {
  return [hood.member("first"), hood.member("second"), hood.member("third")];
}

function news(name: string, kind: string): { prefix: string; count: number } {
  return { prefix: `${kind}-${name}`, count: COUNT };
}

async function create(hood: DrillNeighborhood, channel: string, options: object): Promise<void> {
  await callWell("POST", `${hood.members[0]?.url}/channel/${channel}`, options);
  for (const { name, url } of hood.members) {
    await waitFor(`${name} knows ${channel}`, 5_000, async () => {
      const { status } = await call("GET", `${url}/channel/${channel}`);
      return status === 200 ? undefined : `it answers ${status}`;
    });
  }
}

async function cursorOf({ url }: Member): Promise<string> {
  const page = await callWell("GET", `${url}/channel/life/messages`);
  return (page as { cursor: string }).cursor;
}

/** How many entries a server's store has of a channel, dead ones included. */
async function entriesIn({ redis }: Member, channel: string): Promise<number> {
  const logs = (await redis.send("KEYS", `dred:*{${channel}~*}:log:*`)) as string[];
  const lengths = await Promise.all(logs.map((log) => redis.send("XLEN", log)));
  return lengths.reduce<number>((sum, length) => sum + Number(length), 0);
}

/** Whether a reader that comes with an old cursor is told of a gap with the reason `life`. */
async function isToldOfGap(url: string, since: string): Promise<boolean> {
  const answer = await fetch(`${url}/channels/listen`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify([{ channel: "life", since }]),
    signal: AbortSignal.timeout(10_000),
  });
  let text = "";
  for await (const chunk of answer.body ?? []) {
    text += Buffer.from(chunk as Uint8Array).toString();
    if (text.includes('"type":"gap"')) return text.includes('"reason":"life"');
    if (text.includes('"type":"listening"')) return false;
  }
  return false;
}

function isEqual(one: readonly string[], other: readonly string[]): boolean {
  return one.toSorted().join(" ") === other.toSorted().join(" ");
}
