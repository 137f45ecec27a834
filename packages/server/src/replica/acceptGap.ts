import { cutField } from "@dred/core";
import { DredError } from "@dred/protocol";
import type { ChannelKey, Head, OriginId } from "@dred/protocol";
import type { PeerLinks } from "./links/PeerLinks.ts";
import type { Registry } from "./registry/Registry.ts";

/**
 * Gives up, on all servers, the part of a log that nobody can give: everything through the end
 * of the gap that holds it up is dead from then on, by a record that all merge and that only
 * rises. So servers agree on it whenever they hear of it, also those that still hold a part (R5, R8).
 *
 * @throws DredError `no-gap` when no gap holds the log up, or a linked server offers it.
 */
export async function acceptGap(
  { registry, links }: { readonly registry: Registry; readonly links: PeerLinks },
  channel: ChannelKey,
  origin: OriginId,
): Promise<Head> {
  const through = gapOf(links, channel, origin);
  await registry.update(() => {
    const updated = registry.stamp();
    return [[cutField(channel, origin), { kind: "cut", updated, through }]];
  });
  return through;
}

/** The nearest of the gaps that peers told of: nothing is given up that one of them has. */
function gapOf({ detours, parked }: PeerLinks, channel: ChannelKey, origin: OriginId): Head {
  const isHeldUp = detours.unavailable(origin).some((log) => log.channel === channel);
  const gaps = [...parked.of(origin)].flatMap((log) =>
    log.channel === channel && log.through !== undefined ? [log.through] : [],
  );
  const [nearest] = gaps.sort((a, b) => a.ts - b.ts);
  if (isHeldUp && nearest !== undefined) return nearest;
  throw new DredError(
    "no-gap",
    `no gap holds up the log of ${origin} in ${channel} here: dred status shows which logs are ` +
      `parked, and on which server`,
  );
}
