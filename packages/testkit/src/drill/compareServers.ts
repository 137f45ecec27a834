import { toReceived } from "./Reader.ts";
import type { Received, ReceivedFields } from "./Reader.ts";

const PAGE = 1_000;
const ANSWER_MS_MAX = 30_000;

/** A server that is asked, by name and URL. */
export interface Asked {
  readonly name: string;
  readonly url: string;
}

interface OriginStatus {
  readonly origin: string;
  readonly source?: string;
  readonly count: number;
  readonly digest: string;
  readonly lagEntries: number;
  readonly lagMs: number;
  readonly parked: readonly unknown[];
  readonly gaps: number;
  readonly forks: number;
}

/** The parts of `GET /replication` that drills look at. */
export interface ReplicationStatus {
  readonly serverId: string;
  /** The present epoch of this server. */
  readonly origin: string;
  readonly origins: readonly OriginStatus[];
  readonly readiness: { readonly isReady: boolean; readonly isDegraded: boolean };
  readonly registryDigest: string;
}

/** @throws Error when it does not answer with 200. */
export async function askReplication(url: string): Promise<ReplicationStatus> {
  return (await ask(`${url}/replication`)) as ReplicationStatus;
}

/** From whom one server takes the entries of another, in the present epoch of that one. */
export async function sourceOf(url: string, originUrl: string): Promise<string | undefined> {
  const { origin } = await askReplication(originUrl);
  const { origins } = await askReplication(url);
  return origins.find((status) => status.origin === origin)?.source;
}

/** What differs between the servers at this moment, as a sentence; undefined when nothing does. */
export async function findDifference(servers: readonly Asked[]): Promise<string | undefined> {
  const statuses = await Promise.all(servers.map(({ url }) => askReplication(url)));
  for (const { serverId, readiness, origins } of statuses) {
    if (!readiness.isReady || readiness.isDegraded) return `${serverId} is not ready`;
    const behind = origins.find(({ lagEntries, parked }) => lagEntries > 0 || parked.length > 0);
    if (behind !== undefined) return `${serverId} is not through: ${JSON.stringify(behind)}`;
  }
  const texts = statuses.map((status) => toComparable(status));
  const other = texts.findIndex((text) => text !== texts[0]);
  if (other < 0) return undefined;
  return `${servers[0]?.name} has ${texts[0]}, ${servers[other]?.name} has ${texts[other]}`;
}

/** All messages of a channel, as one server holds them, in canonical order. */
export async function readHistory(url: string, channel: string): Promise<Received[]> {
  const all: Received[] = [];
  for await (const { messages } of pagesOf(url, channel)) {
    all.push(...messages.map((message) => toReceived(message)));
  }
  return all;
}

/** What must be equal everywhere. */
function toComparable({ origins, registryDigest }: ReplicationStatus): string {
  const held = origins.filter(({ count }) => count > 0);
  return [registryDigest, ...held.map((each) => `${each.origin}:${each.count}:${each.digest}`)]
    .sort()
    .join(" ");
}

interface Page {
  readonly messages: readonly ReceivedFields[];
  readonly next?: string;
}

/** All pages of a channel's history. */
export async function* pagesOf(url: string, channel: string): AsyncGenerator<Page> {
  let next: string | undefined;
  do {
    const after = next === undefined ? "" : `&after=${encodeURIComponent(next)}`;
    const page = (await ask(`${url}/channel/${channel}/messages?limit=${PAGE}${after}`)) as Page;
    yield page;
    next = page.next;
  } while (next !== undefined);
}

async function ask(url: string): Promise<unknown> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS_MAX) });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status} ${await answer.text()}`);
  return await answer.json();
}
