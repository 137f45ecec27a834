import { DredClient, parseHostUrl, StaticHostDiscovery } from "@dred/client";
import { DredError } from "@dred/protocol";
import type { Command } from "commander";
import type { Terminal } from "./Terminal.ts";
import { UsageError } from "./UsageError.ts";

const DEFAULT_URL = "http://127.0.0.1:3029";
/** A person waits for the answer. */
const DEADLINE_MS = 4_000;

/** Options of every command that is a client of a server. */
export interface ClientFlags {
  readonly url?: string;
  readonly adminToken?: string;
  readonly json?: true;
}

/** Adds `--url` and `--json` to a command. */
export function addClientOptions(command: Command): Command {
  return command
    .option("--url <URL>", `the server to ask (DRED_URL; default ${DEFAULT_URL})`)
    .option("--json", "print JSON, for scripts");
}

/** Runs `action` with a client of the chosen server, and disconnects it in any case. */
export async function withClient(
  terminal: Terminal,
  flags: ClientFlags,
  action: (client: DredClient) => Promise<void>,
): Promise<void> {
  const url = urlOf(terminal, flags);
  const adminToken = flags.adminToken ?? terminal.environment["DRED_ADMIN_TOKEN"];
  const client = new DredClient({
    discovery: new StaticHostDiscovery([url]),
    deadlineMs: DEADLINE_MS,
    ...(adminToken === undefined ? {} : { adminToken }),
  });
  try {
    await action(client);
  } catch (error) {
    throw isNobodyThere(error) ? withHint(error) : error;
  } finally {
    await client.disconnect();
  }
}

function urlOf({ environment }: Terminal, { url }: ClientFlags): string {
  const given = url ?? environment["DRED_URL"];
  if (given === undefined || given === "") return DEFAULT_URL;
  try {
    return parseHostUrl(given);
  } catch (error) {
    const name = url === undefined ? "DRED_URL" : "--url";
    throw new UsageError(`${name}: ${error instanceof DredError ? error.detail : String(error)}`);
  }
}

function isNobodyThere(error: unknown): error is DredError {
  return error instanceof DredError && error.code === "host-unreachable";
}

function withHint(error: DredError): DredError {
  const hint = 'start servers with "dred dev", or name another with --url';
  return new DredError(error.code, `${error.detail}; ${hint}`, { cause: error });
}
