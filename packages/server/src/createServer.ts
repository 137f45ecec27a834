import { StaticHostDiscovery } from "@dred/client";
import type { HostDiscovery } from "@dred/client";
import type { Config } from "./config/Config.ts";
import { DredServer } from "./DredServer.ts";
import { createLog } from "./observe/createLog.ts";
import { systemClock } from "./observe/systemClock.ts";
import type { Log } from "./replica/ports/Log.ts";
import type { Store } from "./replica/ports/Store.ts";
import { MemoryDisk } from "./store/memory/MemoryDisk.ts";
import { createMemoryStore } from "./store/memory/MemoryStore.ts";
import { createRedisStore } from "./store/redis/RedisStore.ts";

/** What is used instead of what the configuration says. */
export interface ServerOverrides {
  /** Which hosts there are; otherwise the configuration's list, and the one to join. */
  readonly discovery?: HostDiscovery;
  /** Otherwise JSON lines on standard error. */
  readonly log?: Log;
  /** Closed with the server. */
  readonly store?: Store;
}

/** Puts a server together, with its store and discovery; it does nothing before `listen()`. */
export async function createServer(
  config: Config,
  overrides: ServerOverrides = {},
): Promise<DredServer> {
  const log = overrides.log ?? createLog(config);
  return DredServer.create({
    config,
    log,
    store: overrides.store ?? createStore(config, log),
    discovery: overrides.discovery ?? createDiscovery(config),
  });
}

function createStore(config: Config, log: Log): Store {
  if (config.store === "memory:") {
    return createMemoryStore({ disk: new MemoryDisk(), clock: systemClock, random: Math.random });
  }
  const { store: url, isRedisMonitored: isMonitored } = config;
  return createRedisStore({ url, clock: systemClock, log, isMonitored });
}

function createDiscovery({ hosts, join }: Config): HostDiscovery {
  return new StaticHostDiscovery(join === undefined ? hosts : [...hosts, join]);
}
