import { limits, toChannelKey } from "@dred/protocol";
import { LIAR } from "../Liar.ts";
import type { SimServer } from "../SimServer.ts";
import type { World } from "../World.ts";
import { expectThat } from "./expectThat.ts";

/** As `PostQueue` has them; a post that finds less waiting is taken whole. */
const POSTS_MAX = 20_000;
const POST_CHARS_MAX = 33_554_432 + limits.BODY_BYTES_MAX;
/** What is sent while some credit is left may exceed it by one frame of a page, or of one entry. */
const LINK_CHARS_MAX = limits.LINK_CREDIT_BYTES + 2 * limits.BATCH_CHARS_MAX + 100_000;
/** Beside entries a line carries questions and answers, which are small. */
const UNSENT_CHARS_MAX = LINK_CHARS_MAX + 500_000;

/** P11: what waits stays within its limits, and vectors name nobody who never wrote. */
export function checkLimits(world: World): void {
  for (const server of world.servers) {
    checkWaiting(server);
    checkVectors(world, server);
  }
  for (const { from, to, chars } of world.network.unsent()) {
    if (from === LIAR) continue;
    expectThat(chars <= UNSENT_CHARS_MAX, `P11: ${chars} characters wait from ${from} to ${to}`);
  }
}

function checkWaiting({ open, name }: SimServer): void {
  if (open === undefined) return;
  const { posts, postChars, linkChars } = open.waiting();
  expectThat(posts <= POSTS_MAX, `P11: ${posts} posts wait on ${name}`);
  const isCounted = postChars <= POST_CHARS_MAX && (posts > 0 || postChars === 0);
  expectThat(isCounted, `P11: ${postChars} characters of ${posts} posts wait on ${name}`);
  expectThat(linkChars <= LINK_CHARS_MAX, `P11: ${linkChars} characters wait for ${name}'s store`);
}

function checkVectors({ channels, ledger }: World, { open, name: server }: SimServer): void {
  for (const { name } of channels) {
    const info = open?.channel(name);
    if (info === undefined) continue;
    const key = toChannelKey(name, info.generation);
    const known = ledger.origins.get(key)?.size ?? 0;
    const { size } = info.vector;
    const isWithin = size <= Math.min(known, limits.VECTOR_ORIGINS_MAX);
    expectThat(isWithin, `P11: ${server} has ${size} origins in ${key}, where ${known} wrote`);
  }
}
