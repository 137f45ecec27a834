import type { CallOptions } from "../../replica/ports/Store.ts";
import { scripts } from "./scripts.ts";
import type { SessionAccess } from "./SessionAccess.ts";

/** Gives the lease back; see lua/releaseLease.lua. */
export async function releaseLease(
  { writes, keys, life }: SessionAccess,
  options: CallOptions,
): Promise<void> {
  const call = { script: scripts.releaseLease, keys: [keys.server], args: [life.owner] };
  await writes.run(call, options);
}
