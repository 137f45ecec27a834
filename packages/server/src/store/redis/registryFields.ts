import type { RegistryRecord } from "@dred/protocol";
import type { CallOptions } from "../../replica/ports/Store.ts";
import { toPairs, toTexts } from "./scriptReply.ts";
import type { SessionAccess } from "./SessionAccess.ts";

/** Fields of the stamp begin with it; a record whose field does is stored with it doubled. */
const RESERVED = "#";

/** How a record's field is stored: it never meets a field of the stamp. */
export function toStoredField(field: string): string {
  return field.startsWith(RESERVED) ? RESERVED + field : field;
}

/** `StoreSession.loadRegistry`. */
export async function loadRegistry(
  { writes, keys }: SessionAccess,
  options: CallOptions,
): Promise<RegistryRecord[]> {
  const reply = await writes.send("reading the registry", ["HGETALL", keys.registry], options);
  return toPairs(toTexts(reply)).flatMap(([field, value]) => toRecord(field, value));
}

function toRecord(field: string, value: string): RegistryRecord[] {
  if (!field.startsWith(RESERVED)) return [[field, value]];
  return field.startsWith(RESERVED + RESERVED) ? [[field.slice(1), value]] : [];
}
