import { DEV_ENV_SERVERS_MAX, DevEnvLocalDiscovery, DEVELOPMENT_PORT } from "@dred/client";
import { createServer } from "@dred/server";
import type { DredServer } from "@dred/server";
import type { Command } from "commander";
import { createDevLog } from "../dev/devLog.ts";
import { devConfig } from "../dev/devConfig.ts";
import { provideStore } from "../dev/provideStore.ts";
import type { DevStore } from "../dev/provideStore.ts";
import { runServers } from "../runServers.ts";
import type { Terminal } from "../Terminal.ts";
import { UsageError } from "../UsageError.ts";

interface DevFlags {
  readonly servers: string;
  readonly port: string;
}

interface DevPlan {
  readonly count: number;
  readonly basePort: number;
}

/** `dred dev` */
export function addDev(dev: Command, terminal: Terminal): void {
  dev
    .option("--servers <N>", `how many servers, 1 to ${DEV_ENV_SERVERS_MAX}`, "3")
    .option("--port <PORT>", "the first server's port; the others follow", String(DEVELOPMENT_PORT))
    .action(async (flags: DevFlags) => {
      const plan = toPlan(flags);
      const store = await provideStore(plan.count, terminal);
      try {
        const servers = await createServers(plan, store, terminal);
        await runServers(servers, terminal, () => greet(servers, { plan, store }, terminal));
      } finally {
        await store.close();
      }
    });
}

function toPlan({ servers, port }: DevFlags): DevPlan {
  const count = /^\d{1,2}$/.test(servers) ? Number(servers) : 0;
  if (count < 1 || count > DEV_ENV_SERVERS_MAX) {
    throw new UsageError(`--servers must be 1 to ${DEV_ENV_SERVERS_MAX}, not "${servers}"`);
  }
  const basePort = /^\d{1,5}$/.test(port) ? Number(port) : 0;
  if (basePort < 1 || basePort + count - 1 > 65_535) {
    throw new UsageError(`--port must leave room for ${count} ports up to 65535, not "${port}"`);
  }
  return { count, basePort };
}

async function createServers(
  { count, basePort }: DevPlan,
  store: DevStore,
  terminal: Terminal,
): Promise<readonly DredServer[]> {
  const discovery = new DevEnvLocalDiscovery({ basePort, servers: count, isProbing: false });
  const configs = Array.from({ length: count }, (_, index) =>
    devConfig({ index, basePort, store: store.urls[index] ?? "memory:" }, terminal.environment),
  );
  return await Promise.all(
    configs.map((config) =>
      createServer(config, { discovery, log: createDevLog(config, terminal) }),
    ),
  );
}

async function greet(
  servers: readonly DredServer[],
  { plan, store }: { readonly plan: DevPlan; readonly store: DevStore },
  terminal: Terminal,
): Promise<void> {
  const { bold, cyan, dim } = terminal.colors;
  for (const { config, url } of servers) {
    await terminal.print(`${bold(config.serverId.padEnd(8))} ${cyan(url)}`);
  }
  const at = plan.basePort === DEVELOPMENT_PORT ? "" : ` --url ${servers[0]?.url ?? ""}`;
  const last = servers.at(-1)?.url ?? "";
  const lines = [
    dim(`Messages are kept in ${store.description}.`),
    "",
    "In a second terminal:",
    `  bin/dred create lobby${at}`,
    `  bin/dred listen lobby${at}`,
    "and in a third one, to another server:",
    `  bin/dred post lobby hello --url ${last}`,
    "",
    dim("Ctrl-C ends all servers."),
  ];
  for (const line of lines) await terminal.print(line);
}
