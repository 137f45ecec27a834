import type { CallOptions } from "../../replica/ports/Store.ts";
import type { RedisConnection } from "./RedisConnection.ts";

/** What `INFO` tells in one section, by field. */
export async function readInfo(
  connection: RedisConnection,
  section: string,
  options: CallOptions,
): Promise<Map<string, string>> {
  const text = await connection.send(`INFO ${section}`, ["INFO", section], options);
  const lines = typeof text === "string" ? text.split("\r\n") : [];
  return new Map(
    lines.flatMap((line): [string, string][] => {
      const colon = line.indexOf(":");
      return colon > 0 ? [[line.slice(0, colon), line.slice(colon + 1)]] : [];
    }),
  );
}
