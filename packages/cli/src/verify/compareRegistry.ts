import type { Difference } from "./Difference.ts";
import type { Patience } from "./Patience.ts";
import type { VerifiedServer } from "./VerifiedServer.ts";

/**
 * Compares what servers know of channels, members and hosts, by its digest. It may be changed
 * all the time: they are equal when all have been in one same state while we looked.
 */
export async function compareRegistry(
  servers: readonly VerifiedServer[],
  patience: Patience,
): Promise<readonly Difference[]> {
  const seen = servers.map(() => new Set<string>());
  let last: readonly string[] = [];
  do {
    const statuses = await Promise.all(servers.map((server) => server.status()));
    last = statuses.map(({ registryDigest }) => registryDigest);
    for (const [index, digest] of last.entries()) seen[index]?.add(digest);
    if ([...(seen[0] ?? [])].some((digest) => seen.every((digests) => digests.has(digest)))) {
      return [];
    }
  } while (await patience.wait());
  const each = servers.map(({ id }, index) => `${last[index]} on ${id}`);
  return [{ detail: `the registry of channels, members and hosts differs: ${each.join(", ")}` }];
}
