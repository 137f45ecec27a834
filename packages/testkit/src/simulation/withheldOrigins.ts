import { channelNameOf, parseChannelKey, serverOf } from "@dred/protocol";
import type { OriginId } from "@dred/protocol";
import type { SimChannel } from "./SimChannel.ts";
import { reachable } from "./World.ts";
import type { World } from "./World.ts";

/**
 * Origins of servers that cannot be reached now, of which some server has parked a log because
 * their word is needed that its beginning lies beyond maxMessages (12.5, 19.16): who has little
 * more than that beginning cannot show it. None when all servers can be reached.
 */
export function withheldOrigins(world: World): ReadonlySet<OriginId> {
  if (world.apart.size === 0) return new Set();
  const away = new Set([...world.apart].map(({ name }) => name));
  const limitedChannels = world.channels.filter(isLimited);
  const limited = new Set(limitedChannels.map(({ name }) => name));
  const origins = reachable(world).flatMap(({ replica }) => replica?.replication().origins ?? []);
  const withheld = origins.filter(({ origin, parked }) => {
    const isOfLimited = (channel: string): boolean =>
      limited.has(channelNameOf(parseChannelKey(channel)));
    const isParked = parked.some(({ channel, reason }) => reason === "gap" && isOfLimited(channel));
    return isParked && away.has(serverOf(origin));
  });
  return new Set(withheld.map(({ origin }) => origin));
}

/** The same, for what one channel shows. */
export function withheldIn(world: World, channel: SimChannel): ReadonlySet<OriginId> {
  return isLimited(channel) ? withheldOrigins(world) : new Set();
}

function isLimited({ options }: SimChannel): boolean {
  return options.maxMessages !== undefined;
}
