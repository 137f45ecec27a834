import { readHistory } from "../compareServers.ts";
import type { Drill } from "../Drill.ts";
import type { DrillNeighborhood } from "../DrillNeighborhood.ts";
import { demand } from "../waitFor.ts";

const PAIRS = 20;

/** Posts the same ocids on both sides of a partition, while everybody writes. */
async function postOnBothSides(
  hood: DrillNeighborhood,
  textOf: (side: string, index: number) => string,
): Promise<string[]> {
  hood.write();
  hood.links.cut("first", "second");
  hood.links.cut("first", "third");
  const ocids = Array.from({ length: PAIRS }, (_, index) => `pair-${index}`);
  for (const [index, ocid] of ocids.entries()) {
    // Now one side is first, now the other.
    const sides = index % 2 === 0 ? (["first", "second"] as const) : (["third", "first"] as const);
    for (const side of sides) await hood.post(side, textOf(side, index), ocid);
  }
  hood.links.restoreAll();
  await hood.stopWriting();
  await hood.settle();
  return ocids;
}

/** One ocid on two servers that do not see each other. */
export const twins: readonly Drill[] = [
  {
    name: "twins-in-partition",
    shows:
      "one ocid with one content on both sides: one message to every reader, also a moving one",
    async run(hood) {
      const ocids = await postOnBothSides(hood, (_side, index) => `twin ${index}`);
      hood.note(`${ocids.length} messages were posted on both sides`);
    },
  },
  {
    name: "conflict-in-partition",
    shows: "one ocid with two contents: both are messages, the later is flagged as a conflict",
    async run(hood) {
      const ocids = await postOnBothSides(hood, (side, index) => `${side} ${index}`);
      const all = await readHistory(hood.member("third").url, hood.channels[0] ?? "");
      for (const ocid of ocids) {
        const flags = all.filter((each) => each.ocid === ocid).map(({ isConflict }) => isConflict);
        const isRight = JSON.stringify(flags) === "[false,true]"; // history is by ts and origin
        demand(isRight, `${ocid} has the flags ${JSON.stringify(flags)} in canonical order`);
      }
      hood.note(`${ocids.length} conflicts, the later of each flagged`);
    },
  },
];
