import { channelNameOf, parseChannelKey } from "@dred/protocol";
import type { Difference } from "./Difference.ts";
import type { Patience } from "./Patience.ts";
import type { VerifiedServer } from "./VerifiedServer.ts";

/** The logs that do not go on, one difference each; what is parked for a moment only is waited for. */
export async function findParked(
  servers: readonly VerifiedServer[],
  patience: Patience,
): Promise<readonly Difference[]> {
  let parked = await look(servers);
  while (parked.length > 0 && (await patience.wait())) parked = await look(servers);
  return parked;
}

async function look(servers: readonly VerifiedServer[]): Promise<readonly Difference[]> {
  const logs = new Map<string, { readonly place: Difference; readonly on: Map<string, string> }>();
  const all = await Promise.all(
    servers.map(async (server) => ({ server, status: await server.status() })),
  );
  for (const { server, status } of all) {
    for (const { origin, parked } of status.origins) {
      for (const { channel: key, reason } of parked) {
        const channel = channelNameOf(parseChannelKey(key));
        const log = logs.get(`${key} ${origin}`) ?? {
          place: { channel, origin, detail: "" },
          on: new Map(),
        };
        log.on.set(server.id, reason);
        logs.set(`${key} ${origin}`, log);
      }
    }
  }
  return [...logs.values()].map(({ place, on }) => {
    const where = [...on].map(([server, reason]) => `${server} (${reason})`).join(", ");
    return { ...place, detail: `parked on ${where}; dred status tells more` };
  });
}
