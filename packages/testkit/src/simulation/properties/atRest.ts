import { parseMid, toChannelKey } from "@dred/protocol";
import type { ChannelKey } from "@dred/protocol";
import { readAll } from "../readAll.ts";
import type { ShownMessage } from "../readAll.ts";
import { isExpiring, isMortal } from "../SimChannel.ts";
import type { SimChannel } from "../SimChannel.ts";
import type { SimPost } from "../SimPost.ts";
import type { SimReader } from "../SimReader.ts";
import type { SimServer } from "../SimServer.ts";
import { hasExpired } from "../posting.ts";
import { withheldIn } from "../withheldOrigins.ts";
import { isNowhere, reachable } from "../World.ts";
import type { World } from "../World.ts";
import { expectThat } from "./expectThat.ts";
import { checkReopened, hadDeaths } from "./reopened.ts";

/** P6, P7, P8, P15, P16 once everything is healed: all servers show the same, and all of it. */
export async function checkAtRest(world: World, required: ReadonlySet<SimPost>): Promise<void> {
  for (const server of reachable(world).filter(hadDeaths)) await checkReopened(world, server);
  for (const channel of world.channels) {
    if (!isToBeShown(world, channel)) continue;
    const shown = await checkHistories(world, channel);
    checkPosts(world, channel, { shown, required });
    if (world.ledger.lastLossMs === 0 && !isMortal(channel)) checkConflicts(shown);
    const expected = shown.filter(sureIn(world, channel));
    for (const reader of world.readers)
      if (reader.channel === channel && !reader.isAhead()) checkReader(reader, expected);
  }
}

function isToBeShown(world: World, channel: SimChannel): boolean {
  return !(hasExpired(world, channel) || isLost(world, channel));
}

/** P7; returns what the first server shows. */
async function checkHistories(world: World, channel: SimChannel): Promise<ShownMessage[]> {
  const servers = reachable(world);
  const histories = await Promise.all(servers.map((server) => readAll(channel, server)));
  const [shown = []] = histories;
  const isSure = sureIn(world, channel);
  const expected = shown.filter(isSure);
  for (const [index, history] of histories.entries()) {
    const difference = firstDifference(expected, history.filter(isSure));
    const what = `history of ${channel.name} on ${servers[index]?.name}`;
    expectThat(difference === "", `P7: ${what} differs from the first's: ${difference}`);
  }
  return shown;
}

/** One that expires and is on no server: nobody creates it again after its stores were lost. */
function isLost(world: World, channel: SimChannel): boolean {
  return isExpiring(channel) && world.ledger.lastLossMs > 0 && isNowhere(world, channel);
}

function firstDifference(a: readonly ShownMessage[], b: readonly ShownMessage[]): string {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const [left, right] = [a[index], b[index]];
    if (!isSame(left, right)) return `${JSON.stringify(left)} and ${JSON.stringify(right)}`;
  }
  return "";
}

function isSame(left: ShownMessage | undefined, right: ShownMessage | undefined): boolean {
  if (left === undefined || right === undefined) return false;
  const { mid, ocid, content, isConflict } = left;
  const isSameMessage = mid === right.mid && ocid === right.ocid && content === right.content;
  return isSameMessage && isConflict === right.isConflict;
}

function checkPosts(
  world: World,
  channel: SimChannel,
  { shown, required }: { shown: readonly ShownMessage[]; required: ReadonlySet<SimPost> },
): void {
  const byOcid = groupByOcid(shown);
  const withheld = withheldIn(world, channel);
  for (const post of world.posts.filter((each) => each.channel === channel)) {
    const found = (byOcid.get(post.ocid) ?? []).filter(({ content }) => content === post.content);
    expectThat(
      found.length <= 1 || channel.isIndexLost,
      `P15: ${post.ocid} is there ${found.length} times`,
    );
    const isWithheld = post.place !== undefined && withheld.has(post.place.origin);
    const isExcused = !required.has(post) || isWithheld || mayBeGone(world, channel, post);
    const isThere = found.length > 0 || isExcused;
    expectThat(isThere, `P8: ${post.ocid} at ${post.place?.ts}-${post.place?.seq} is not there`);
  }
}

function groupByOcid<Message extends Pick<ShownMessage, "ocid">>(
  messages: readonly Message[],
): Map<string, Message[]> {
  const groups = new Map<string, Message[]>();
  for (const message of messages) {
    const group = groups.get(message.ocid);
    if (group === undefined) groups.set(message.ocid, [message]);
    else group.push(message);
  }
  return groups;
}

/** P4: of different contents under one ocid all but the first are flagged. */
function checkConflicts(shown: readonly ShownMessage[]): void {
  const ocids = new Set<string>();
  for (const { ocid, mid, isConflict } of shown) {
    const isLater = ocids.has(ocid);
    expectThat(isConflict === isLater, `P4: ${mid} is ${isLater ? "not " : ""}flagged a conflict`);
    ocids.add(ocid);
  }
}

/** Posts that must be there at rest: acknowledged, and held by one of these stores now. */
export function requiredPosts(world: World, servers: readonly SimServer[]): Set<SimPost> {
  world.ledger.scanAll(world.servers, world.clock.now());
  return new Set(
    world.posts.filter(
      ({ place, isLost }) => place && !isLost && world.ledger.isHeldBySome(servers, place),
    ),
  );
}

/** Its generation was deleted, or it died by rule. */
function mayBeGone(world: World, channel: SimChannel, { place }: SimPost): boolean {
  if (place?.key === undefined) return true;
  if (place.key !== currentKey(world, channel)) return true;
  return world.ledger.mayBeDead(channel, place.key, place);
}

/**
 * Whether a message must be shown by all or by none: those may differ that are dying by one
 * server's clock and not yet by another's, and so may their twins; twins where a store forgot that
 * they are; and what is withheld while its server is away.
 */
function sureIn(world: World, channel: SimChannel): (message: ShownMessage) => boolean {
  const key = currentKey(world, channel);
  const mayDie = isMortal(channel) || world.givenUp.size > 0;
  if (key === undefined || !(mayDie || channel.isIndexLost)) return () => true;
  const twins = world.ledger.twinsOf(key);
  const withheld = withheldIn(world, channel);
  return ({ mid, ocid }) => {
    const place = parseMid(mid);
    if (twins.has(ocid) || withheld.has(place.origin)) return false;
    return !world.ledger.mayBeDead(channel, key, place);
  };
}

function currentKey(world: World, { name }: SimChannel): ChannelKey | undefined {
  const info = reachable(world)[0]?.replica?.channel(name);
  return info && toChannelKey(name, info.generation);
}

/** P6: the reader has all that is shown, of each message one of its twins at least. */
function checkReader(reader: SimReader, shown: readonly ShownMessage[]): void {
  const received = groupByOcid(reader.received);
  for (const { ocid, content, mid } of shown) {
    const has = received.get(ocid)?.some((message) => message.content === content) ?? false;
    const isCovered = has || isPassed(reader, mid);
    expectThat(isCovered, `P6: ${reader.name} never got ${ocid} at ${mid}`);
  }
}

/** A gap that was true when it was told, such as before the newest were lost again. */
function isPassed({ gaps }: SimReader, mid: string): boolean {
  const { origin, ts } = parseMid(mid);
  return gaps.some((gap) => gap.origin === origin && gap.through.ts >= ts);
}
