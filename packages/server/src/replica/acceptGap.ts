import { cutField } from "@dred/core";
import { DredError } from "@dred/protocol";
import type { ChannelKey, Head, OriginId } from "@dred/protocol";
import type { ChannelTable } from "./ChannelTable.ts";
import type { PeerLinks } from "./links/PeerLinks.ts";
import type { Registry } from "./registry/Registry.ts";

export interface AcceptGapParts {
  readonly registry: Registry;
  readonly table: ChannelTable;
  readonly links: PeerLinks;
}

/** Which log is given up. */
interface Lost {
  readonly channel: ChannelKey;
  readonly origin: OriginId;
}

/**
 * Gives up, on all servers, the part of a log that nobody can give: everything through the end
 * of the gap that holds it up, or of what our own store lost, is dead from then on, by a record
 * that all merge and that only rises. So servers agree on it whenever they hear of it, also those
 * that still hold a part (R5, R8). A log that our store lost entries of goes on at once, where the
 * store answers.
 *
 * @throws DredError `no-gap` when nothing is missing of the log, or a linked server offers it.
 */
export async function acceptGap(
  parts: AcceptGapParts,
  channel: ChannelKey,
  origin: OriginId,
): Promise<Head> {
  const { registry, table } = parts;
  const through = await gapOf(parts, { channel, origin });
  await registry.update(() => {
    const updated = registry.stamp();
    return [[cutField(channel, origin), { kind: "cut", updated, through }]];
  });
  const replica = table.find(channel);
  await replica?.passLoss(origin).catch(() => undefined); // then trimming does it later
  return through;
}

/** The nearest that is not given up yet: nothing is that a linked server has. */
async function gapOf(parts: AcceptGapParts, lost: Lost): Promise<Head> {
  const ends = [...toldGaps(parts.links, lost), ...(await ownLoss(parts, lost))];
  const cutTs = parts.registry.cuts(lost.channel).get(lost.origin) ?? 0;
  const [nearest] = ends.filter(({ ts }) => ts > cutTs).sort((a, b) => a.ts - b.ts);
  if (nearest !== undefined) return { ts: nearest.ts, seq: nearest.seq };
  throw new DredError(
    "no-gap",
    `nothing of the log of ${lost.origin} in ${lost.channel} is missing here that no linked ` +
      `server may have: dred status shows which logs are parked, and on which server`,
  );
}

/** The ends of gaps that peers told of, where none of them has the log. */
function toldGaps({ detours, parked }: PeerLinks, { channel, origin }: Lost): Head[] {
  const isHeldUp = detours.unavailable(origin).some((log) => log.channel === channel);
  if (!isHeldUp) return [];
  return [...parked.of(origin)].flatMap((log) =>
    log.channel === channel && log.through !== undefined ? [log.through] : [],
  );
}

/** The end of what our store lost, where no linked server may have that. */
async function ownLoss({ table, links }: AcceptGapParts, lost: Lost): Promise<Head[]> {
  const end = await table.find(lost.channel)?.lossOf(lost.origin);
  return end === undefined || links.detours.mayBeHeld(lost) ? [] : [end];
}
