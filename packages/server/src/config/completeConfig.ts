import { isIPv6 } from "node:net";
import type { Config, ConfiguredHost } from "./Config.ts";
import type { ConfigKey } from "./options.ts";
import { parseStoreUrl } from "./parseStoreUrl.ts";
import type { ConfigSources, Values } from "./readValues.ts";

const SECRET_CHARS_MIN = 16;

interface Completion {
  readonly values: Values;
  readonly given: ReadonlySet<ConfigKey>;
  readonly sources: ConfigSources;
  readonly faults: string[];
}

/** Adds defaults and what files hold; undefined, and faults, when something is missing. */
export function completeConfig(completion: Completion): Config | undefined {
  const { values, sources } = completion;
  const { address, port } = { address: "127.0.0.1", port: 3029, ...values };
  const { serverId, neighborhood, host = [] } = values;
  const store = values.store ?? storeOfEnvironment(completion);
  const publicUrl = values.publicUrl ?? urlOf(address, port);
  checkRequired(completion);
  checkHosts(host, completion.faults);
  checkPublicUrl(address, completion);
  const secrets = readSecrets(completion);
  if (serverId === undefined || neighborhood === undefined || store === undefined) return undefined;
  return {
    serverId,
    address,
    port,
    neighborhood,
    store,
    hosts: host,
    publicUrl,
    ...joinOf(values),
    ...secrets,
    isEpochForced: values.newEpoch ?? false,
    isFlowLogged: isOn("LOGGING", sources),
    isRedisMonitored: isOn("REDIS_MONITOR", sources),
  };
}

function checkRequired({ given, faults }: Completion): void {
  if (!given.has("serverId")) {
    faults.push("--server-id is missing: name this server, like --server-id first");
  }
  if (!given.has("neighborhood")) {
    faults.push("--neighborhood is missing: name the servers' application, like nb1");
  }
}

/** REDIS_URL counts only where no store was given: one that was given wrongly is told already. */
function storeOfEnvironment({ given, sources, faults }: Completion): string | undefined {
  const url = sources.environment["REDIS_URL"];
  if (given.has("store")) return undefined;
  if (url === undefined || url === "") {
    faults.push("--store is missing: give redis://127.0.0.1:6379/1, or memory: to keep nothing");
    return undefined;
  }
  try {
    return parseStoreUrl(url);
  } catch (error) {
    faults.push(`REDIS_URL ${messageOf(error)}`);
    return undefined;
  }
}

function urlOf(address: string, port: number): string {
  return `http://${isIPv6(address) ? `[${address}]` : address}:${port}`;
}

function checkPublicUrl(address: string, { values, faults }: Completion): void {
  const isEverywhere = address === "0.0.0.0" || address === "::";
  if (!isEverywhere || values.publicUrl !== undefined) return;
  faults.push(
    `--public-url is missing: listening on ${address} does not tell where others reach this ` +
      "server; give it like http://first.example.org:3029",
  );
}

function checkHosts(hosts: readonly ConfiguredHost[], faults: string[]): void {
  const ids = hosts.map((host) => host.id);
  for (const id of new Set(ids.filter((each, index) => ids.indexOf(each) !== index))) {
    faults.push(`--host ${id} is given twice; give each server one URL`);
  }
}

function joinOf({ join }: Values): Pick<Config, "join"> {
  return join === undefined ? {} : { join };
}

function readSecrets(completion: Completion): Pick<Config, "secret" | "adminToken"> {
  const secret = readSecret("secret", completion);
  const adminToken = completion.values.adminToken ?? readSecret("adminToken", completion);
  return {
    ...(secret === undefined ? {} : { secret }),
    ...(adminToken === undefined ? {} : { adminToken }),
  };
}

/** A file's content without the white space around it. Never part of a fault. */
function readSecret(
  name: "secret" | "adminToken",
  { values, sources, faults }: Completion,
): string | undefined {
  const path = values[`${name}File`];
  if (path === undefined) return undefined;
  try {
    const secret = sources.readFile(path).trim();
    if (secret.length >= SECRET_CHARS_MIN) return secret;
    faults.push(`the secret in ${path} must have at least ${SECRET_CHARS_MIN} characters`);
  } catch (error) {
    faults.push(`the secret in ${path} cannot be read: ${messageOf(error)}`);
  }
  return undefined;
}

/** Whether a switch is set, in capitals or in lower case. */
function isOn(variable: string, { environment }: ConfigSources): boolean {
  const text = environment[variable] ?? environment[variable.toLowerCase()] ?? "";
  return !["", "0", "false", "off", "no"].includes(text.toLowerCase());
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
