import { parseHostUrl } from "@dred/client";
import { parseNeighborhood, parseServerId } from "@dred/protocol";
import type { ConfiguredHost } from "./Config.ts";
import { parseStoreUrl } from "./parseStoreUrl.ts";

/** One thing that can be configured: as a flag, as an environment variable, in the file. */
export interface ConfigOption<Value> {
  /** The flag without its dashes; `DRED_` and it in capitals is the environment variable. */
  readonly flag: string;
  /** What stands for its value in the help. */
  readonly placeholder: string;
  /** One sentence: what it is for, and its default. */
  readonly help: string;
  /** Whether it can be given more than once; several in one text are separated by spaces. */
  readonly isRepeatable?: true;
  /** Whether it stands for itself: the flag takes no value. */
  readonly isSwitch?: true;
  /** @throws Error whose `detail` or message says what to do. */
  readonly parse: (text: string) => Value;
}

/**
 * Everything a server can be told, by its key in the configuration file. The one table from which
 * parsing, `dred serve --help` and the documents are made.
 */
export const configOptions = {
  config: {
    flag: "config",
    placeholder: "FILE",
    help: "A JSON file with these options under their names in camelCase.",
    parse: (text: string) => text,
  },
  serverId: {
    flag: "server-id",
    placeholder: "ID",
    help: "This server's stable name: 1 to 32 of a-z, 0-9 and -. Required.",
    parse: parseServerId,
  },
  address: {
    flag: "address",
    placeholder: "ADDRESS",
    help: "The address to listen on. Default 127.0.0.1.",
    parse: parseAddress,
  },
  port: {
    flag: "port",
    placeholder: "PORT",
    help: "The port to listen on. Default 3029.",
    parse: parsePort,
  },
  neighborhood: {
    flag: "neighborhood",
    placeholder: "NAME",
    help: "The servers of one application: 1 to 32 of a-z, 0-9 and -. Required.",
    parse: parseNeighborhood,
  },
  store: {
    flag: "store",
    placeholder: "URL",
    help: "redis://HOST:PORT/DATABASE with a database of at least 1, or memory:. Default REDIS_URL.",
    parse: parseStoreUrl,
  },
  host: {
    flag: "host",
    placeholder: "ID=URL",
    help: "Another server and where to dial it; can be given again. One for oneself is ignored.",
    isRepeatable: true,
    parse: parseConfiguredHost,
  },
  join: {
    flag: "join",
    placeholder: "URL",
    help: "Any one member of the neighborhood; it knows the others.",
    parse: parseHostUrl,
  },
  publicUrl: {
    flag: "public-url",
    placeholder: "URL",
    help: "Where others reach this server. Default made of address and port.",
    parse: parseHostUrl,
  },
  secretFile: {
    flag: "secret-file",
    placeholder: "FILE",
    help: "Holds the neighborhood's secret, at least 16 characters. Without it peers must be on this machine.",
    parse: (text: string) => text,
  },
  adminToken: {
    flag: "admin-token",
    placeholder: "TOKEN",
    help: "Who shows it may delete channels without an owner. Without one everybody may.",
    parse: parseToken,
  },
  adminTokenFile: {
    flag: "admin-token-file",
    placeholder: "FILE",
    help: "Holds the admin token, so that it stands in no list of processes.",
    parse: (text: string) => text,
  },
  newEpoch: {
    flag: "new-epoch",
    placeholder: "",
    help: "Begin a new epoch at this start: once, after a backup of the store was restored.",
    isSwitch: true,
    parse: parseSwitch,
  },
} as const satisfies Readonly<Record<string, ConfigOption<unknown>>>;

/** The name of an option in the configuration file. */
export type ConfigKey = keyof typeof configOptions;

/** The environment variable of an option: `DRED_SERVER_ID`. */
export function variableOf(option: { readonly flag: string }): string {
  return `DRED_${option.flag.toUpperCase().replaceAll("-", "_")}`;
}

function parseAddress(text: string): string {
  if (/^[0-9A-Za-z.:_-]+$/.test(text)) return text;
  throw new Error("must be an IP address or a host's name, like 127.0.0.1");
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new Error("must be a whole number from 1 to 65535");
}

function parseConfiguredHost(text: string): ConfiguredHost {
  const [id, url, ...rest] = text.split(/=(.*)/s);
  if (url === undefined || rest.join("") !== "") {
    throw new Error("must be like second=http://127.0.0.1:3030");
  }
  return { id: parseServerId(id), url: parseHostUrl(url) };
}

function parseSwitch(text: string): boolean {
  const word = text.toLowerCase();
  if (["1", "true", "on", "yes"].includes(word)) return true;
  if (["0", "false", "off", "no"].includes(word)) return false;
  throw new Error("must be true or false");
}

function parseToken(text: string): string {
  if (text.length >= 16) return text;
  throw new Error("must have at least 16 characters");
}
