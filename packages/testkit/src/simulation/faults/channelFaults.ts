import { pick } from "../seededRandom.ts";
import { isExpiring } from "../SimChannel.ts";
import type { Fault } from "./Fault.ts";
import { anyServer, between } from "./targets.ts";

/** What users do that ends a channel, and everything that was in it. */
export const channelFaults: readonly Fault[] = [
  {
    name: "channel-deleted",
    begin(world) {
      const channel = pick(world.random, world.channels);
      const server = anyServer(world);
      if (server.replica === undefined || isExpiring(channel)) return undefined;
      channel.wasDeleted = true;
      server.replica.deleteChannel(channel.name).catch(() => undefined); // may have been tried
      const end = (): void => {
        const { name, options } = channel;
        const created = anyServer(world).replica?.createChannel(name, { options });
        created?.catch(() => undefined); // it may be there, or be created once more at the end
      };
      const what = `${channel.name} on ${server.name}`;
      return { what, durationMs: between(world, 0, 3_000), end };
    },
  },
];
