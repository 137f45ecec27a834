import { readFileSync } from "node:fs";
import { configOptions, createServer, parseConfig, variableOf } from "@dred/server";
import type { Config, ConfigKey, ConfigOption } from "@dred/server";
import { DredError } from "@dred/protocol";
import { Option } from "commander";
import type { Command } from "commander";
import { reportJoining } from "../reportJoining.ts";
import { runServers } from "../runServers.ts";
import type { Terminal } from "../Terminal.ts";

type Flags = Readonly<Partial<Record<ConfigKey, string | readonly string[] | true>>>;

/** `dred serve` */
export function addServe(serve: Command, terminal: Terminal): void {
  serve.action(async (flags: Flags) => {
    const config = toConfig(flags, terminal);
    const server = await createServer(config);
    await runServers([server], terminal, async () => {
      const { serverId, neighborhood, store } = config;
      await terminal.print(
        `${serverId} listens on ${server.url} (neighborhood ${neighborhood}, store ${withoutPassword(store)})`,
      );
      reportJoining(server, terminal);
      if (config.isEpochForced) terminal.note(toEpochNote(server.replica().origin));
    });
  });
  for (const option of Object.values(configOptions)) serve.addOption(toOption(option));
}

function toOption(option: ConfigOption<unknown>): Option {
  const text = `${option.help} (${variableOf(option)})`;
  if (option.isSwitch) return new Option(`--${option.flag}`, text);
  const flag = new Option(`--${option.flag} <${option.placeholder}>`, text);
  const append = (value: string, before: readonly string[] = []): readonly string[] => [
    ...before,
    value,
  ];
  return option.isRepeatable ? flag.argParser(append) : flag;
}

/** @throws DredError with all that is wrong, a line each. */
function toConfig(given: Flags, { environment }: Terminal): Config {
  const readFile = (path: string): string => readFileSync(path, "utf8");
  const flags = Object.fromEntries(
    Object.entries(given).map(([key, value]) => [key, value === true ? "true" : value]),
  );
  const parsed = parseConfig({ flags, environment, readFile });
  if (parsed.kind === "config") return parsed.config;
  throw new DredError("invalid-shape", parsed.faults.join("\n      "));
}

function toEpochNote(origin: string): string {
  return `a new epoch was begun, as --new-epoch says (${origin}); leave it out at the next start`;
}

function withoutPassword(store: string): string {
  return store.replace(/\/\/[^@/]*@/, "//");
}
