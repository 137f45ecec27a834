import { createHash } from "node:crypto";
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

/** Which channels do not have the same messages everywhere, read in full over HTTP (R8). */
export async function compareHistories(servers: readonly Asked[]): Promise<string[]> {
  const names = await Promise.all(servers.map(({ url }) => channelsOf(url)));
  const all = [...new Set(names.flat())].sort();
  const faults: string[] = [];
  for (const channel of all) {
    const digests = await Promise.all(servers.map(({ url }) => historyDigest(url, channel)));
    if (new Set(digests).size <= 1) continue;
    const told = servers.map(({ name }, index) => `${name} ${digests[index]}`);
    faults.push(`the histories of ${channel} differ: ${told.join(", ")}`);
  }
  return faults;
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

async function channelsOf(url: string): Promise<readonly string[]> {
  return ((await ask(`${url}/channels`)) as { readonly channels: readonly string[] }).channels;
}

async function historyDigest(url: string, channel: string): Promise<string> {
  const hash = createHash("sha256");
  let count = 0;
  for await (const { messages } of pagesOf(url, channel)) {
    count += messages.length;
    for (const message of messages) hash.update(`${JSON.stringify(message)}\n`);
  }
  return `${count} messages (${hash.digest("hex").slice(0, 12)})`;
}

interface Page {
  readonly messages: readonly ReceivedFields[];
  readonly next?: string;
}

async function* pagesOf(url: string, channel: string): AsyncGenerator<Page> {
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
