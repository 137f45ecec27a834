import { createHash } from "node:crypto";

/** The type of all messages that drills post. */
export const WRITER_COUNTER = "writer-counter";

/** Longer texts are compared by their hash, so that a drill of 50 MB fits into memory. */
const TEXT_CHARS_MAX = 80;

/** A message that a server has answered for. */
export interface Acked {
  /** Who posted it, and its number among that writer's messages, from 1. */
  readonly writer: string;
  readonly counter: number;
  readonly channel: string;
  readonly ocid: string;
  readonly mid: string;
  readonly content: string;
  /** Whether only a store that is to forget it may hold it: it may be lost, but not changed. */
  readonly mayBeLost: boolean;
}

/** All that was posted, and all that was answered, by every writer of one drill. */
export class Ledger {
  /** The contents posted under each ocid; more than one where a drill posts a conflict. */
  readonly posted = new Map<string, Set<string>>();
  readonly acked: Acked[] = [];
  /** Answers that no server should give. */
  readonly surprises: string[] = [];

  notePosted(ocid: string, content: string): void {
    const contents = this.posted.get(ocid) ?? new Set();
    this.posted.set(ocid, contents.add(content));
  }
}

/** What stands for a message's text when it is compared. */
export function contentOf(msg: string): string {
  return msg.length <= TEXT_CHARS_MAX ? msg : createHash("sha256").update(msg).digest("base64");
}
