import { pagesOf } from "./compareServers.ts";

/** `ts-seq chain line` and a line feed: what an entry has on a link besides ts, seq and line. */
const AROUND_BYTES = 32 + 4;

/** By server, how many bytes all entries that it appended take on a link, told by one server. */
export async function entryBytes(
  url: string,
  channels: readonly string[],
): Promise<Map<string, number>> {
  const sums = new Map<string, number>();
  for (const channel of channels) {
    for await (const { messages } of pagesOf(url, channel)) {
      for (const { mid, ts, ...line } of messages) {
        const server = mid.slice(0, mid.indexOf("."));
        const seq = mid.slice(mid.lastIndexOf("-") + 1);
        const own = Buffer.byteLength(JSON.stringify(line)) + `${ts}${seq}`.length + AROUND_BYTES;
        sums.set(server, (sums.get(server) ?? 0) + own);
      }
    }
  }
  return sums;
}
