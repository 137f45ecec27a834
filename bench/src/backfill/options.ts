import { parseArgs } from "node:util";

/** How large a backfill is measured. */
export interface BackfillOptions {
  readonly channels: number;
  /** In all channels together. */
  readonly messages: number;
  /** Posts a second while it is measured, to the two servers that are there. */
  readonly postsPerSecond: number;
  /** The new server is killed when it holds this share of all, and started again; 0 for never. */
  readonly killAt: number;
}

/** @throws Error whose message says what is wrong. */
export function parseBackfillOptions(words: readonly string[]): BackfillOptions {
  const { values } = parseArgs({
    args: [...words],
    options: {
      channels: { type: "string", default: "1000" },
      messages: { type: "string", default: "1000000" },
      rate: { type: "string", default: "200" },
      "kill-at": { type: "string", default: "0.4" },
    },
  });
  const killAt = Number(values["kill-at"]);
  if (!(killAt >= 0 && killAt < 1)) throw new Error("--kill-at must be from 0 to below 1");
  return {
    channels: wholeNumber("--channels", values.channels),
    messages: wholeNumber("--messages", values.messages),
    postsPerSecond: wholeNumber("--rate", values.rate),
    killAt,
  };
}

function wholeNumber(name: string, text: string): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (number > 0) return number;
  throw new Error(`${name} must be a whole number above 0, not "${text}"`);
}
