import type { Message } from "@dred/client";
import type { Terminal } from "../Terminal.ts";
import { toPrintable } from "./printable.ts";

/** A message as a person reads it: time, channel, type, text. */
export function toMessageText(message: Message, { colors }: Pick<Terminal, "colors">): string {
  return [
    colors.dim(toTime(message.ts)),
    colors.cyan(toPrintable(message.channel)),
    colors.yellow(toPrintable(message.type)),
    toPrintable(message.msg),
  ].join("  ");
}

/** The local time of day of a ts, to the millisecond. */
function toTime(ts: number): string {
  const date = new Date(Math.floor(ts / 1000));
  const two = (part: number): string => String(part).padStart(2, "0");
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  return `${time}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}
