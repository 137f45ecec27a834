import { coreMutants } from "./coreMutants.ts";
import { linkMutants } from "./linkMutants.ts";
import type { Mutant } from "./Mutant.ts";
import { replicaMutants } from "./replicaMutants.ts";
import { storeMutants } from "./storeMutants.ts";
import { windowMutants } from "./windowMutants.ts";

/** All rules that are broken on purpose: `pnpm mutate`. */
export const mutants: readonly Mutant[] = [
  ...coreMutants,
  ...storeMutants,
  ...replicaMutants,
  ...linkMutants,
  ...windowMutants,
];
