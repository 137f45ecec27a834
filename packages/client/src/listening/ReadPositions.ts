import { DredError, limits } from "@dred/protocol";
import type { ControlLine } from "@dred/protocol";
import { ChannelPosition } from "./ChannelPosition.ts";
import { isMatch, isPattern } from "./ListenTarget.ts";
import type { ListenTarget } from "./ListenTarget.ts";
import type { ReceivedLine } from "./ReceivedLine.ts";

/** Where a reader stands in each of its channels: what it asks the next server for. */
export class ReadPositions {
  readonly #channels = new Map<string, ChannelPosition>();
  readonly #patterns = new Map<string, ListenTarget>();
  #isOverfull = false;

  /** @throws DredError `invalid-cursor`. */
  constructor(targets: readonly ListenTarget[]) {
    for (const target of targets) {
      if (isPattern(target.channel)) this.#patterns.set(target.channel, target);
      else this.#channels.set(target.channel, new ChannelPosition(target.since));
    }
  }

  /**
   * The body of the next listen request: each channel from where the reader stands.
   *
   * @throws DredError `invalid-shape` when the patterns matched more channels than one request
   *   can name, for then no server could be asked to go on from here.
   */
  targets(): readonly ListenTarget[] {
    if (this.#isOverfull) throw overfull();
    const channels = [...this.#channels].map(([channel, { since }]) =>
      since === undefined ? { channel } : { channel, since },
    );
    return [...channels, ...this.#patterns.values()];
  }

  cursor(channel: string): string | undefined {
    return this.#channels.get(channel)?.cursor;
  }

  /** Whether the line is a message that was read before. */
  isCovered(line: ReceivedLine): boolean {
    if (line.kind !== "message") return false;
    return this.#channels.get(line.message.channel)?.isCovered(line.position) ?? false;
  }

  /** Moves to behind this line. @throws DredError for a cursor or gap that cannot be read. */
  advance(line: ReceivedLine): void {
    if (line.kind === "message") {
      this.#of(line.message.channel)?.advance(line.position.origin, line.position);
    } else if (line.kind === "control") {
      this.#advanceBy(line.line);
    }
  }

  #advanceBy(line: ControlLine): void {
    if (line.type === "heartbeat") this.#awaitChannels();
    if (!isOfChannel(line)) return;
    const position = this.#of(line.channel);
    if (position !== undefined) move(position, line);
  }

  /**
   * By the first heartbeat each channel that was there has its own line and position. Any other
   * one that a pattern matches is new, and wanted from its start.
   */
  #awaitChannels(): void {
    for (const channel of this.#patterns.keys()) {
      this.#patterns.set(channel, { channel, since: "start" });
    }
  }

  #of(channel: string): ChannelPosition | undefined {
    const known = this.#channels.get(channel);
    if (known !== undefined) return known;
    const pattern = [...this.#patterns.values()].find((each) => isMatch(each.channel, channel));
    if (pattern === undefined) return undefined;
    this.#isOverfull ||= this.#channels.size + this.#patterns.size >= limits.LISTEN_CHANNELS_MAX;
    if (this.#isOverfull) return undefined;
    const added = new ChannelPosition(pattern.since);
    this.#channels.set(channel, added);
    return added;
  }
}

function overfull(): DredError {
  return new DredError(
    "invalid-shape",
    `more than ${limits.LISTEN_CHANNELS_MAX} channels match; listen to a longer prefix`,
  );
}

type ChannelLine = Extract<
  ControlLine,
  { readonly type: "reading" | "listening" | "gap" | "deleted" | "warning" }
>;

const CHANNEL_TYPES: ReadonlySet<string> = new Set<ChannelLine["type"]>([
  "reading",
  "listening",
  "gap",
  "deleted",
  "warning",
]);

/** Whether the line tells of the reader's own channel; `chanCreated` tells of any. */
function isOfChannel(line: ControlLine): line is ChannelLine {
  return CHANNEL_TYPES.has(line.type);
}

function move(position: ChannelPosition, line: ChannelLine): void {
  switch (line.type) {
    case "reading":
    case "listening":
    case "deleted":
      if (line.cursor !== undefined) position.rebase(line.cursor);
      return;
    case "gap":
      position.skip(line.origin, line.through);
      return;
    case "warning":
      position.awaitCreation();
  }
}
