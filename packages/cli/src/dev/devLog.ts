import type { Config, Log } from "@dred/server";
import { DredError } from "@dred/protocol";
import type { Terminal } from "../Terminal.ts";

type Fields = Readonly<Record<string, unknown>>;

/** One line for people, instead of JSON: what is not well, and with LOGGING=1 all that flows. */
export function createDevLog({ serverId, isFlowLogged }: Config, terminal: Terminal): Log {
  const tell = (message: string, fields: Fields = {}): void => {
    const facts = Object.entries(fields).map(([name, value]) => ` ${name}=${toText(value)}`);
    terminal.note(`${serverId}: ${message}${facts.join("")}`);
  };
  const tellNothing = (): void => undefined;
  return {
    flow: isFlowLogged ? tell : tellNothing,
    info: isFlowLogged ? tell : tellNothing,
    warn: tell,
    error: tell,
  };
}

function toText(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof DredError) return value.detail;
  if (value instanceof Error) return value.message;
  return JSON.stringify(value) ?? String(value);
}
