import { DredError } from "@dred/protocol";
import type { ProblemCode, ServerId } from "@dred/protocol";

/** How a post ended: `created`, `duplicate`, or the code of the error that answered it. */
type PostResult = "created" | "duplicate" | ProblemCode;

/** What went over the links with one peer, both directions of pulling together. */
export interface PeerTraffic {
  receivedBytes: number;
  sentBytes: number;
  /** Entries in `entries` frames, also those that were held already. */
  receivedEntries: number;
  sentEntries: number;
}

/**
 * What a replica has done: numbers that only rise, over all epochs of one process. Whoever does
 * it adds to it; that is one addition on the way of a message, and nothing waits for it.
 */
export interface ReplicaCounts {
  readonly posts: Map<PostResult, number>;
  /** Messages given to listeners, each counted once for each listener. */
  delivered: number;
  /** Replicated entries that came again although they were held (R9). */
  known: number;
  /** By peer; as many as servers ever showed that they belong to the neighborhood. */
  readonly peers: Map<ServerId, PeerTraffic>;
}

/** The most that waits in any one place. */
export interface Waiting {
  /** Posts in the channel where most wait for the store. */
  readonly posts: number;
  /** Characters of lines in the channel where most of them wait. */
  readonly postChars: number;
  /** Characters of the entries that came on one link and are not stored yet. */
  readonly linkChars: number;
}

export function createReplicaCounts(): ReplicaCounts {
  return { posts: new Map(), delivered: 0, known: 0, peers: new Map() };
}

/** Counts how a post ends, and ends in the same way. */
export async function counted<Reply extends { readonly status: "created" | "duplicate" }>(
  { posts }: ReplicaCounts,
  post: Promise<Reply>,
): Promise<Reply> {
  const count = (result: PostResult): unknown => posts.set(result, (posts.get(result) ?? 0) + 1);
  try {
    const reply = await post;
    count(reply.status);
    return reply;
  } catch (error) {
    count(error instanceof DredError ? error.code : "internal");
    throw error;
  }
}

/** The counts of one peer, to be added to. */
export function trafficWith({ peers }: ReplicaCounts, peer: ServerId): PeerTraffic {
  let traffic = peers.get(peer);
  if (traffic === undefined) {
    traffic = { receivedBytes: 0, sentBytes: 0, receivedEntries: 0, sentEntries: 0 };
    peers.set(peer, traffic);
  }
  return traffic;
}
