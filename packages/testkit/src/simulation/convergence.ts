import { channelNameOf, formatHead, parseChannelKey } from "@dred/protocol";
import type { ChannelKey, Head, OriginId } from "@dred/protocol";
import type { OriginStatus, Replica, ReplicationStatus } from "@dred/server";
import { hasExpired, isSettled } from "./posting.ts";
import type { SimReader } from "./SimReader.ts";
import { isExpiring } from "./SimChannel.ts";
import type { SimChannel } from "./SimChannel.ts";
import { withheldOrigins } from "./withheldOrigins.ts";
import { isNowhere, pass, reachable } from "./World.ts";
import type { World } from "./World.ts";

/** What convergence may take at most: for noticing and waiting, and for each message. */
const CONVERGENCE_MS = 45_000;
const CONVERGENCE_MS_PER_POST = 20;

/** When an operator looks after what is still not well. */
const OPERATOR_MS = 20_000;

/** A server notices within this time that its store is another one; until then it is sure. */
const NOTICE_MS = 1_500;

/** Lets time pass until everyone agrees; how long that took. P12 @throws Error when too long. */
export async function converge(world: World): Promise<number> {
  const startMs = world.clock.now();
  await pass(world, Math.max(0, world.ledger.lastChangeMs + NOTICE_MS - startMs));
  const budgetMs = CONVERGENCE_MS + world.posts.length * CONVERGENCE_MS_PER_POST;
  await until(world, budgetMs, () => {
    // As whatever runs the servers would do, and whatever reads from them.
    for (const server of reachable(world)) server.start();
    settleReaders(world);
    createMissing(world);
    if (world.clock.now() - startMs > OPERATOR_MS) giveUpLost(world);
    return isConverged(world);
  });
  return world.clock.now() - startMs;
}

export async function until(world: World, msMax: number, condition: () => boolean): Promise<void> {
  const untilMs = world.clock.now() + msMax;
  while (!condition()) {
    if (world.broken.length > 0) throw world.broken[0];
    if (world.clock.now() >= untilMs)
      throw new Error("P12: did not converge: " + describeWorld(world));
    await pass(world, 100);
  }
}

/** Whoever reads nowhere, or where nobody should, goes to a server that can be reached. */
function settleReaders(world: World): void {
  const servers = reachable(world);
  for (const [index, reader] of world.readers.entries()) {
    reader.resume();
    const server = servers[index % servers.length];
    const isWell = reader.isListening && servers.some((each) => each === reader.server);
    if (!isWell && server !== undefined) reader.moveTo(server);
  }
}

/** Where every server that can be reached has lost a channel, somebody creates it again. */
function createMissing(world: World): void {
  const replicas = reachable(world).map(({ replica }) => replica);
  if (replicas.includes(undefined)) return;
  for (const channel of world.channels.filter((each) => isMissing(world, each))) {
    const { name, options } = channel;
    replicas[0]?.createChannel(name, { options }).catch(() => undefined);
  }
}

/** One that is there until somebody deletes it, and is on no server now. */
function isMissing(world: World, channel: SimChannel): boolean {
  return !isExpiring(channel) && isNowhere(world, channel);
}

/**
 * What every store has lost parks its log for ever, until an operator gives it up. He waits until
 * nobody comes any more who may have it.
 */
function giveUpLost(world: World): void {
  if (world.ledger.lastLossMs === 0) return;
  for (const { replica } of reachable(world)) {
    for (const { origin, parked } of replica?.replication().origins ?? []) {
      for (const { channel, reason } of parked) {
        if (reason !== "gap" && reason !== "damaged") continue;
        giveUp(world, { replica, channel: parseChannelKey(channel), origin });
      }
    }
  }
}

function giveUp(
  { givenUp, trace }: World,
  log: {
    readonly replica: Replica | undefined;
    readonly channel: ChannelKey;
    readonly origin: OriginId;
  },
): void {
  const { replica, channel, origin } = log;
  const noted = (through: Head): void => {
    const name = `${channel} ${origin}`;
    if (through.ts > (givenUp.get(name)?.ts ?? 0)) givenUp.set(name, through);
    trace.note(`${channel} of ${origin} is given up through ${formatHead(through)}`);
  };
  // It may be held up no more, or another server may have it.
  replica?.acceptGap(channelNameOf(channel), origin).then(noted, () => undefined);
}

/** Every post answered, every server whole and with the same heads, every reader through. */
function isConverged(world: World): boolean {
  const states = reachable(world).map(({ replica }) => replica?.replication());
  const withheld = withheldOrigins(world);
  const digests = new Set(states.map((state) => state && digestOf(state, withheld)));
  if (digests.size !== 1 || digests.has(undefined)) return false;
  if (states.some((state) => state && isDamaged(world, state))) return false;
  if (world.channels.some((channel) => isMissing(world, channel))) return false;
  return (
    world.posts.every((post) => isSettled(world, post)) &&
    world.readers.every((reader) => isThrough(world, reader))
  );
}

/** A reader of a channel that has expired gets nothing more. */
function isThrough(world: World, reader: SimReader): boolean {
  return hasExpired(world, reader.channel) || reader.isThrough();
}

/**
 * A channel that is to expire and is on no server any more, because every registry lost it, is
 * created again by nobody: its logs stay as they are.
 */
function isDamaged(world: World, { origins }: ReplicationStatus): boolean {
  const mayBeLost = world.ledger.lastLossMs > 0 ? world.channels.filter(isExpiring) : [];
  const lost = mayBeLost.filter((each) => isNowhere(world, each));
  const isThere = (key: string): boolean => {
    const name = channelNameOf(parseChannelKey(key));
    return !lost.some((channel) => channel.name === name);
  };
  const parked = origins.flatMap((origin) => origin.parked);
  return parked.some(({ channel, reason }) => reason === "damaged" && isThere(channel));
}

function digestOf(
  { registryDigest, origins }: ReplicationStatus,
  withheld: ReadonlySet<OriginId>,
): string {
  const isHeld = ({ origin, count }: OriginStatus): boolean => count > 0 && !withheld.has(origin);
  const held = origins.filter(isHeld).map(({ origin, digest }) => `${origin}=${digest}`);
  return [registryDigest, ...held].join(" ");
}

export function describeWorld(world: World): string {
  const servers = reachable(world).map((server) => {
    const status = server.open?.replication();
    const heads = (status?.origins ?? []).map(({ origin, count, source, parked }) => {
      const why = parked.map(({ channel, reason }) => ` parked ${channel} ${reason}`).join("");
      return `${origin}=${count}<${source ?? "-"}${why}`;
    });
    const state = server.isRunning ? (server.replica ? "ready" : "not ready") : "not running";
    return `${server.name} ${state} [${heads.join(" ")}] ${status?.registryDigest}`;
  });
  const open = world.posts.filter((post) => !isSettled(world, post)).map(({ ocid }) => ocid);
  const readers = world.readers.map((reader) => `${reader.name} ${reader.isThrough()}`);
  return ["", ...servers, `unanswered ${open.join(" ") || "none"}`, readers.join(", ")].join(
    "\n  ",
  );
}
