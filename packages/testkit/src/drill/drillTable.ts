import type { Drill } from "./Drill.ts";
import { bytes } from "./drills/bytes.ts";
import { clocks } from "./drills/clocks.ts";
import { crowd } from "./drills/crowd.ts";
import { fencing } from "./drills/fencing.ts";
import { joining } from "./drills/joining.ts";
import { life } from "./drills/life.ts";
import { links } from "./drills/links.ts";
import { lost } from "./drills/lost.ts";
import { memory } from "./drills/memory.ts";
import { poison } from "./drills/poison.ts";
import { processes } from "./drills/processes.ts";
import { twins } from "./drills/twins.ts";

/** All drills, in the order in which they run. */
export const drills: readonly Drill[] = [
  ...fencing,
  ...links,
  ...bytes,
  ...twins,
  ...processes,
  ...joining,
  ...life,
  ...memory,
  ...lost,
  ...poison,
  ...clocks,
  ...crowd,
];
