import type { ReceivedMessage, SimReader } from "./SimReader.ts";
import type { World } from "./World.ts";

/** P1, P4, P5 and R7 for every reader; call it at any time. */
export function checkReaders(world: World): void {
  const contents = new Map<string, string>();
  for (const reader of world.readers) {
    checkOrder(reader);
    checkOnce(reader);
    for (const message of reader.received) {
      const before = contents.get(message.mid) ?? message.content;
      expectThat(before === message.content, `P1: ${message.mid} has two contents`);
      contents.set(message.mid, message.content);
    }
    expectThat(reader.gaps.length === 0, `R7: a gap where nothing died: ${reader.gaps[0]}`);
  }
}

/** P5: per origin every seq once, ascending, none skipped, unless hidden as a twin. */
function checkOrder(reader: SimReader): void {
  const seqs = new Map<string, number>();
  for (const { origin, head } of reader.received) {
    const before = seqs.get(origin) ?? 0;
    expectThat(head.seq > before, `P5: ${reader.name} got ${origin} ${head.seq} after ${before}`);
    seqs.set(origin, head.seq);
  }
}

/**
 * P4: an ocid at most once. A raw reader may see a twin, at another position, when it moved
 * between servers that could not see each other; the same position never comes twice.
 */
function checkOnce(reader: SimReader): void {
  const mids = new Set<string>();
  for (const { mid } of reader.received) {
    expectThat(!mids.has(mid), `P4: ${reader.name} got ${mid} twice`);
    mids.add(mid);
  }
}

/** P6, P7, P8, P15 once everything is healed: all servers show the same, and all of it. */
export async function checkAtRest(world: World): Promise<void> {
  const histories = await Promise.all(world.servers.map((server) => readAll(world, server.name)));
  const [expected = []] = histories;
  for (const [index, history] of histories.entries()) {
    const isEqual = JSON.stringify(history) === JSON.stringify(expected);
    expectThat(isEqual, `P7: history of ${world.servers[index]?.name} differs from the first's`);
  }
  for (const post of world.posts) {
    const found = expected.filter(({ ocid }) => ocid === post.ocid);
    expectThat(found.length === 1, `P15: ${post.ocid} is there ${found.length} times`);
    expectThat(found[0]?.content === post.content, `P8: ${post.ocid} has other content`);
  }
}

async function readAll(world: World, name: string): Promise<Partial<ReceivedMessage>[]> {
  const replica = world.servers.find((server) => server.name === name)?.replica;
  if (replica === undefined) throw new Error(`${name} does not serve`);
  const signal = new AbortController().signal;
  const messages: Partial<ReceivedMessage>[] = [];
  let after: string | undefined;
  do {
    const request = { limit: 20, order: "asc", ...(after === undefined ? {} : { after }) } as const;
    const page = await replica.history(world.channel, request, { signal });
    for (const line of page.lines) {
      const { mid, ocid = "", msg = "" } = JSON.parse(line) as Record<string, string>;
      messages.push({ ...(mid === undefined ? {} : { mid }), ocid, content: msg });
    }
    after = page.next;
  } while (after !== undefined);
  return messages;
}

function expectThat(condition: boolean, sentence: string): void {
  if (!condition) throw new Error(sentence);
}
