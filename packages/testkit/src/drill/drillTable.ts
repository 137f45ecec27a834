import type { Drill } from "./Drill.ts";
import { fencing } from "./drills/fencing.ts";

/** All drills by name, in the order in which they run. */
export const drills: readonly Drill[] = [...fencing];
