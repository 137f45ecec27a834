import { setTimeout as wait } from "node:timers/promises";
import { sourceOf } from "../compareServers.ts";
import type { Drill } from "../Drill.ts";
import type { DrillNeighborhood } from "../DrillNeighborhood.ts";
import type { MemberName } from "../Member.ts";
import { waitFor } from "../waitFor.ts";

/** How long entries may take to find their way through another server. */
const RELAYED_MS_MAX = 3_000;
/** How long a link may take to come back after healing, and to be the source again. */
const DIRECT_MS_MAX = 8_000;
/** A silent link ends after 7.5 s; then it is told within a look. */
const NOTICED_MS_MAX = 8_000;
const HELD_MS = 2_000;

/** What is asked of a broken link: entries of `from` still reach `to`, through another server. */
interface Way {
  readonly from: MemberName;
  readonly to: MemberName;
}

/** Breaks something between two servers; both ways are watched, while everybody writes. */
async function breakLink(
  hood: DrillNeighborhood,
  [one, other]: readonly [MemberName, MemberName],
  breakIt: () => void,
): Promise<void> {
  const ways: readonly Way[] = [
    { from: one, to: other },
    { from: other, to: one },
  ];
  await Promise.all(ways.map((way) => becomesDirect(hood, way)));
  breakIt();
  const relayed = await Promise.all(
    ways.map(({ from, to }) => hood.passes(from, to, RELAYED_MS_MAX)),
  );
  await wait(HELD_MS);
  await Promise.all(ways.map(({ from, to }) => hood.passes(from, to, RELAYED_MS_MAX)));
  hood.links.restoreAll();
  const direct = await Promise.all(ways.map((way) => becomesDirect(hood, way)));
  hood.note(
    `${one}–${other}: relayed within ${Math.max(...relayed)} ms, ` +
      `direct again ${Math.max(...direct)} ms after healing`,
  );
}

/** Resolves, with how long it took, when a server takes another's entries from itself. */
function becomesDirect(hood: DrillNeighborhood, { from, to }: Way): Promise<number> {
  return waitFor(`${to} takes from ${from} itself`, DIRECT_MS_MAX, async () => {
    const source = await sourceOf(hood.member(to).url, hood.member(from).url);
    return source === from ? undefined : `it takes from ${source ?? "nobody"}`;
  });
}

/** What may happen to the links between servers. */
export const links: readonly Drill[] = [
  {
    name: "link-cut",
    shows: "any single link is cut: entries flow through the third server within 3 s, and go back",
    async run(hood) {
      hood.write();
      for (const pair of pairsOf(hood)) {
        await breakLink(hood, pair, () => hood.links.cut(...pair));
      }
    },
  },
  {
    name: "link-one-way",
    shows: "nothing gets through in one direction: as when the link is cut",
    async run(hood) {
      hood.write();
      const pair = ["first", "second"] as const;
      await breakLink(hood, pair, () => hood.links.cutOneWay("first", "second"));
      await breakLink(hood, pair, () => hood.links.cutOneWay("second", "first"));
    },
  },
  {
    name: "server-cut-off-but-one",
    shows: "a server reaches only one of three others: everything flows through that one",
    servers: 4,
    async run(hood) {
      hood.write();
      await breakLink(hood, ["first", "fourth"], () => {
        hood.links.cut("first", "fourth");
        hood.links.cut("second", "fourth");
      });
    },
  },
  {
    name: "link-frozen",
    shows: "a link is half-open: noticed within 8 s, dialled anew when it is healed",
    async run(hood) {
      hood.write();
      await breakLink(hood, ["first", "third"], () => hood.links.freeze("first", "third"));
      hood.links.freeze("first", "second");
      const noticedMs = await waitFor("the frozen link is noticed", NOTICED_MS_MAX, async () => {
        const states = await Promise.all([
          stateOf(hood, "first", "second"),
          stateOf(hood, "second", "first"),
        ]);
        const open = states.filter((state) => state === "connected");
        return open.length === 0 ? undefined : "it counts as connected";
      });
      hood.note(`noticed after ${noticedMs} ms on both sides`);
    },
  },
];

/** Every two servers, once. */
function pairsOf({ members }: DrillNeighborhood): (readonly [MemberName, MemberName])[] {
  return members.flatMap(({ name }, index) =>
    members.slice(index + 1).map((other) => [name, other.name] as const),
  );
}

/** What one server says of its link to another. */
async function stateOf(hood: DrillNeighborhood, at: MemberName, of: MemberName): Promise<string> {
  const answer = await fetch(`${hood.member(at).url}/hosts`);
  const { hosts } = (await answer.json()) as {
    readonly hosts: readonly { readonly id: string; readonly state: string }[];
  };
  return hosts.find(({ id }) => id === of)?.state ?? "unknown";
}
