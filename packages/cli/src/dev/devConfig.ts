import { devEnvHost } from "@dred/client";
import { InvariantError } from "@dred/protocol";
import { parseConfig } from "@dred/server";
import type { Config } from "@dred/server";

/** The neighborhood of every development environment. */
const NEIGHBORHOOD = "dev";

export interface DevServer {
  /** 0 is `first`. */
  readonly index: number;
  readonly basePort: number;
  readonly store: string;
}

/** The configuration of one server of the development environment. */
export function devConfig(
  { index, basePort, store }: DevServer,
  environment: Readonly<Record<string, string | undefined>>,
): Config {
  const { id, url } = devEnvHost(index, basePort);
  const port = String(basePort + index);
  const parsed = parseConfig({
    flags: { serverId: id, neighborhood: NEIGHBORHOOD, publicUrl: url, port, store },
    environment: switchesOf(environment),
    readFile: () => "",
  });
  if (parsed.kind === "faults") throw new InvariantError(parsed.faults.join("; "));
  return parsed.config;
}

/** What `DRED_…` says is meant for one server of one's own, not for three. */
function switchesOf(
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !name.startsWith("DRED_")),
  );
}
