import type { ChannelLogs, HeldLog } from "@dred/client";
import { formatHead, parseChannelName, parseHead, parseOriginId, START } from "@dred/protocol";
import { toChannelKey } from "@dred/protocol";
import type { Head } from "@dred/protocol";
import { compareLog } from "./compareLog.ts";
import type { Difference } from "./Difference.ts";
import { LogReader } from "./LogReader.ts";
import type { Patience } from "./Patience.ts";
import type { VerifiedServer } from "./VerifiedServer.ts";

export interface ComparedChannel {
  readonly messages: number;
  readonly differences: readonly Difference[];
}

/** What a server said of the channel; `channel` is undefined where it knows none. */
interface Look {
  readonly server: VerifiedServer;
  readonly channel: ChannelLogs | undefined;
}

/** Per origin the largest head that any server had at the first look. */
type Cut = ReadonlyMap<string, Head>;

/**
 * Compares a channel up to what any server held of it when we came: those who are behind are
 * waited for, what is posted meanwhile lies beyond, what is trimmed meanwhile is left out.
 */
export async function compareChannel(
  name: string,
  servers: readonly VerifiedServer[],
  patience: Patience,
): Promise<ComparedChannel> {
  const first = await lookAt(name, servers);
  let compared = await compareOnce(name, await caughtUp(name, first, patience), cutOf(first));
  // What is trimmed or deleted in this very moment may look different once, but not twice.
  if (compared.differences.length > 0 && (await patience.wait())) {
    const again = await lookAt(name, servers);
    compared = await compareOnce(name, again, cutOf(first));
  }
  return compared;
}

async function lookAt(name: string, servers: readonly VerifiedServer[]): Promise<readonly Look[]> {
  return Promise.all(servers.map(async (server) => ({ server, channel: await server.logs(name) })));
}

function cutOf(looks: readonly Look[]): Cut {
  const cut = new Map<string, Head>();
  for (const { origin, head } of looks.flatMap(({ channel }) => channel?.logs ?? [])) {
    const parsed = parseHead(head);
    if (parsed.ts > (cut.get(origin) ?? START).ts) cut.set(origin, parsed);
  }
  return cut;
}

async function caughtUp(
  name: string,
  first: readonly Look[],
  patience: Patience,
): Promise<readonly Look[]> {
  const cut = cutOf(first);
  let looks = first;
  while (!isComparable(looks, cut) && (await patience.wait())) {
    looks = await lookAt(
      name,
      first.map(({ server }) => server),
    );
  }
  return looks;
}

function isComparable(looks: readonly Look[], cut: Cut): boolean {
  if (disagreement(looks) !== undefined) return false;
  return [...cut].every(([origin, through]) => behind(looks, origin, through).length === 0);
}

async function compareOnce(
  name: string,
  looks: readonly Look[],
  cut: Cut,
): Promise<ComparedChannel> {
  const detail = disagreement(looks);
  if (detail !== undefined) return { messages: 0, differences: [{ channel: name, detail }] };
  const differences: Difference[] = [];
  let messages = 0;
  for (const [origin, through] of cut) {
    const compared = await compareCopies(name, looks, { origin, through });
    messages += compared.messages;
    differences.push(...compared.differences);
  }
  return { messages, differences };
}

async function compareCopies(
  name: string,
  looks: readonly Look[],
  { origin, through }: { readonly origin: string; readonly through: Head },
): Promise<ComparedChannel> {
  const readers = looks.flatMap(({ server, channel }) => {
    const log = logOf(channel, origin);
    return log === undefined ? [] : new LogReader({ server, channel: name, log, through });
  });
  const generation = looks.find(({ channel }) => channel)?.channel?.generation ?? 0;
  const key = toChannelKey(parseChannelName(name), generation);
  const log = { channel: key, origin: parseOriginId(origin) };
  const { count, difference } = await compareLog(log, readers);
  const late = behind(looks, origin, through);
  const place = { channel: name, origin };
  if (difference !== undefined) {
    return { messages: count, differences: [{ ...place, ...difference }] };
  }
  const end = formatHead(through);
  if (late.length === looks.length) {
    const detail = `${names(late)} held it through ${end} a moment ago, and nobody does now`;
    return { messages: count, differences: [{ ...place, detail }] };
  }
  const differences = late.map(({ server, channel }): Difference => {
    const head = logOf(channel, origin)?.head ?? "0-0";
    const detail = `${server.id} holds nothing behind this, others do through ${end}`;
    return { ...place, position: head, detail };
  });
  return { messages: count, differences };
}

/** Who lacks entries through the cut that another server has and that are not all trimmed. */
function behind(looks: readonly Look[], origin: string, through: Head): readonly Look[] {
  const logs = looks.flatMap(({ channel }) => logOf(channel, origin) ?? []);
  const trimmed = Math.max(...logs.map(({ base }) => parseHead(base).ts));
  if (trimmed >= through.ts) return [];
  return looks.filter(({ channel }) => {
    return parseHead(logOf(channel, origin)?.head ?? "0-0").ts < through.ts;
  });
}

/** Whether there is the channel at all, and in which generation. */
function disagreement(looks: readonly Look[]): string | undefined {
  const known = looks.filter(({ channel }) => channel !== undefined);
  if (known.length === 0) return undefined;
  const unknown = looks.filter(({ channel }) => channel === undefined);
  if (unknown.length > 0) {
    return `known to ${names(known)}, not to ${names(unknown)}`;
  }
  const generations = new Set(known.map(({ channel }) => channel?.generation));
  if (generations.size === 1) return undefined;
  const each = known.map(({ server, channel }) => `${channel?.generation} on ${server.id}`);
  return `its generation is ${each.join(", ")}`;
}

function logOf(channel: ChannelLogs | undefined, origin: string): HeldLog | undefined {
  return channel?.logs.find((log) => log.origin === origin);
}

function names(looks: readonly Look[]): string {
  return looks.map(({ server }) => server.id).join(", ");
}
