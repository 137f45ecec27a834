import type { ChannelKey, Position } from "@dred/protocol";
import { expectThat } from "./properties/expectThat.ts";
import { pick } from "./seededRandom.ts";
import type { SimChannel } from "./SimChannel.ts";
import { isAnswered } from "./SimPost.ts";
import type { SimPost } from "./SimPost.ts";
import type { SimServer } from "./SimServer.ts";
import { members, reachable } from "./World.ts";
import type { World } from "./World.ts";

const ANSWER_MS_MAX = 2_000;
const AGAIN_MS = 300;
/** How long a server waits for others to hold a message that is to be held by several. */
const ACKS_MS_MAX = 1_000;

/** A client posts: one message, sometimes on two servers at once, sometimes with other content. */
export function post(world: World): void {
  const { random, posts } = world;
  const channel = pick(
    random,
    world.channels.filter(({ isIdle }) => !isIdle),
  );
  const ocid = `o${posts.length}`;
  const content = `content of ${ocid}${"m".repeat(world.contentChars)}`;
  const sent = begin(world, { channel, ocid, content });
  const kind = random();
  if (kind < 0.06) tryOn(world, sent, pick(random, reachable(world)));
  else if (kind < 0.1) begin(world, { channel, ocid, content: `other content of ${ocid}` });
}

function begin(world: World, message: Pick<SimPost, "channel" | "ocid" | "content">): SimPost {
  const acks = world.random() < 0.1 ? 2 + Math.floor(world.random() * 2) : 1;
  const state = { acks, place: undefined, isRefused: false, isLost: false };
  const sent: SimPost = { ...message, ...state };
  world.posts.push(sent);
  tryOn(world, sent, pick(world.random, reachable(world)));
  return sent;
}

/** Posts until it is answered, on one server after another, under the same ocid. */
function tryOn(world: World, sent: SimPost, server: SimServer): void {
  let isFinished = false;
  const finish = (): void => {
    if (isFinished) return;
    isFinished = true;
    if (isAnswered(sent)) return;
    world.clock.after(AGAIN_MS, () => {
      if (!isAnswered(sent)) tryOn(world, sent, pick(world.random, reachable(world)));
    });
  };
  // A server that is killed never answers: the client gives up on it.
  world.clock.after(ANSWER_MS_MAX, finish);
  void postOn(world, sent, server).then(finish);
}

/** One try; never rejects. */
async function postOn(world: World, sent: SimPost, server: SimServer): Promise<void> {
  const { replica } = server;
  if (replica === undefined) return;
  const message = { type: "note", msg: sent.content, ocid: sent.ocid };
  try {
    const position = await replica.post(sent.channel.name, message, "");
    if (server.hasLeft) return; // killed for good: no answer comes from there
    looking(world, () => acknowledge(world, sent, { server, position }));
    if (sent.acks === 1) return;
    const sinceMs = world.clock.now();
    const reached = await replica.held(sent.channel.name, position, sent.acks, ACKS_MS_MAX);
    looking(world, () => checkHeld(world, sent, { position, reached, sinceMs }));
  } catch (error) {
    if ((error as { code?: string }).code === "ocid-conflict") sent.isRefused = true;
  }
}

/** What a check finds broken is told by the run, not by the client in whose answer it was. */
export function looking(world: World, check: () => void): void {
  try {
    check();
  } catch (error) {
    world.broken.push(error);
  }
}

function acknowledge(
  world: World,
  sent: SimPost,
  { server, position }: { readonly server: SimServer; readonly position: Position },
): void {
  const { origin, ts, seq } = position;
  const key = keyOf(world, sent, position);
  world.trace.note(`${server.name} acknowledged ${sent.ocid} at ${origin}/${ts}-${seq}`);
  if (isAnswered(sent)) return; // another try of it was answered before
  sent.place = { origin, ts, seq, key };
  sent.isLost = key !== undefined && !world.ledger.isHeldBySome(members(world), sent.place);
}

function keyOf(world: World, sent: SimPost, position: Position): ChannelKey | undefined {
  world.ledger.scanAll(world.servers, world.clock.now());
  return world.ledger.place(sent, position);
}

/** P14: as many servers hold it as the answer says, unless one lost it meanwhile. */
function checkHeld(
  world: World,
  { channel, ocid, acks }: SimPost,
  at: { readonly position: Position; readonly reached: number; readonly sinceMs: number },
): void {
  const { ledger, trace } = world;
  ledger.scanAll(world.servers, world.clock.now());
  trace.note(`${ocid} is held by ${at.reached} of ${acks}`);
  const key = ledger.keyOf(channel, at.position);
  if (key === undefined || channel.wasDeleted || ledger.lastLossMs >= at.sinceMs) return;
  if (ledger.mayBeDead(channel, key, at.position)) return;
  const place = { ...at.position, key };
  const holders = [...members(world), ...world.strangers].filter((server) =>
    ledger.isHeldBySome([server], place),
  );
  const sentence = `P14: ${ocid} is said to be held by ${at.reached}, not by ${holders.length}`;
  expectThat(holders.length >= at.reached, sentence);
}

/** Whether nothing more is to be expected of a post: it has its answer, or its channel ended. */
export function isSettled(world: World, sent: SimPost): boolean {
  return isAnswered(sent) || hasExpired(world, sent.channel);
}

export function hasExpired({ clock }: World, { options }: SimChannel): boolean {
  // A little earlier by some servers' clocks than by the true time.
  return options.expiresAt !== undefined && options.expiresAt < clock.now() + 2_000;
}
