import type { Drill } from "../Drill.ts";
import type { DrillNeighborhood } from "../DrillNeighborhood.ts";
import { RawReader } from "../RawReader.ts";
import { demand, waitFor } from "../waitFor.ts";

const LISTENERS = 1_000;
const THERE_MS_MAX = 60_000;

/** Many at once. */
export const crowd: readonly Drill[] = [
  {
    name: "thousand-reconnect",
    shows:
      "two servers are killed under 1,000 listeners, who all come back at once: none misses any",
    run: thousandReconnect,
  },
];

async function thousandReconnect(hood: DrillNeighborhood): Promise<void> {
  const servers = [hood.member("first"), hood.member("second")];
  const [channel = ""] = hood.channels;
  const listeners = Array.from({ length: LISTENERS }, (_, index) => {
    const { url } = servers[index % servers.length] ?? hood.member("first");
    return new RawReader(`listener ${index}`, url, [channel]);
  });
  try {
    const before = await hood.post("third");
    await everybodyHas(listeners, before);
    await Promise.all(servers.map(({ server }) => server.kill()));
    const meanwhile = await hood.post("third");
    for (const { server } of servers) server.start();
    await Promise.all(servers.map(({ server }) => server.ready()));
    const ms = await everybodyHas(listeners, meanwhile);
    hood.note(`all ${LISTENERS} had what they missed ${ms} ms after both servers were ready`);
    await everybodyHas(listeners, await hood.post("first"));
    const wrong = listeners.find(({ received }) => received.length !== 3);
    demand(wrong === undefined, `${wrong?.name} got ${wrong?.received.length} of 3 messages`);
  } finally {
    await Promise.all(listeners.map((listener) => listener.close()));
  }
}

function everybodyHas(listeners: readonly RawReader[], ocid: string): Promise<number> {
  return waitFor(`${ocid} at all ${listeners.length}`, THERE_MS_MAX, () => {
    const left = listeners.filter(({ received }) => received.at(-1)?.ocid !== ocid).length;
    return left === 0 ? undefined : `${left} do not have it`;
  });
}
