import type { ChannelKey, Position } from "@dred/protocol";
import { pick } from "./seededRandom.ts";
import { isAnswered } from "./SimPost.ts";
import type { SimPost } from "./SimPost.ts";
import type { SimServer } from "./SimServer.ts";
import { members, reachable } from "./World.ts";
import type { World } from "./World.ts";

const ANSWER_MS_MAX = 2_000;
const AGAIN_MS = 300;

/** Posts until it is answered, on one server after another, under the same ocid. */
export function post(world: World): void {
  const channel = pick(
    world.random,
    world.channels.filter(({ isIdle }) => !isIdle),
  );
  const ocid = `o${world.posts.length}`;
  begin(world, { channel, ocid, content: `content of ${ocid}` });
}

function begin(world: World, message: Pick<SimPost, "channel" | "ocid" | "content">): void {
  const sent: SimPost = { ...message, place: undefined, isRefused: false, isLost: false };
  world.posts.push(sent);
  tryOn(world, sent, pick(world.random, reachable(world)));
}

function tryOn(world: World, sent: SimPost, server: SimServer): void {
  let isDone = false;
  const finish = (): void => {
    if (isDone) return;
    isDone = true;
    if (isAnswered(sent)) return;
    world.clock.after(AGAIN_MS, () => {
      if (!isAnswered(sent)) tryOn(world, sent, pick(world.random, reachable(world)));
    });
  };
  // A server that is killed never answers: the client gives up on it.
  world.clock.after(ANSWER_MS_MAX, finish);
  const message = { type: "note", msg: sent.content, ocid: sent.ocid };
  const reply = server.replica?.post(sent.channel.name, message, "");
  if (reply === undefined) return finish();
  reply.then(
    (position) => {
      acknowledge(world, sent, server, position);
      finish();
    },
    (error: unknown) => {
      if ((error as { code?: string }).code === "ocid-conflict") sent.isRefused = true;
      finish();
    },
  );
}

function acknowledge(world: World, sent: SimPost, server: SimServer, position: Position): void {
  if (isAnswered(sent)) return; // an earlier try was answered late
  const { origin, ts, seq } = position;
  const key = place(world, sent, position);
  sent.place = { origin, ts, seq, key };
  world.trace.note(`${server.name} acknowledged ${sent.ocid} at ${origin}/${ts}-${seq}`);
  if (key !== undefined && !world.ledger.isHeldBySome(members(world), sent)) sent.isLost = true;
}

function place(world: World, sent: SimPost, position: Position): ChannelKey | undefined {
  world.ledger.scanAll(world.servers, world.clock.now());
  return world.ledger.place(sent, position);
}
