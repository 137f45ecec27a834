import { DredError } from "@dred/protocol";
import type { CallOptions, RegistryWrite } from "../../replica/ports/Store.ts";
import { toStoredField } from "./registryFields.ts";
import { parseScriptReply } from "./scriptReply.ts";
import { scripts } from "./scripts.ts";
import type { SessionAccess } from "./SessionAccess.ts";

export interface NumberedWrite extends RegistryWrite {
  /** The number of this write in its session, from 1. */
  readonly number: number;
}

/** `StoreSession.writeRegistry`; see lua/writeRegistry.lua. */
export async function writeRegistry(
  { writes, keys, life }: SessionAccess,
  { number, records, mayExceedMemory }: NumberedWrite,
  options: CallOptions,
): Promise<void> {
  const call = {
    script: mayExceedMemory ? scripts.writeRegistryWhenFull : scripts.writeRegistry,
    keys: [keys.registry],
    args: [
      life.epoch,
      life.owner,
      String(number),
      ...records.flatMap(([field, value]) => [toStoredField(field), value]),
    ],
  };
  const { status } = parseScriptReply(await writes.run(call, options));
  if (status !== "DONE") {
    throw new DredError("store-unavailable", "a later write to the registry came first");
  }
}
