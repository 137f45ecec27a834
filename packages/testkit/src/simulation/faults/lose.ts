import type { SimServer } from "../SimServer.ts";
import { members } from "../World.ts";
import type { World } from "../World.ts";

/**
 * Whatever destroys stored data happens here, so that the ledger knows what may be missing: what
 * no member holds afterwards is not asked for any more.
 */
export function lose(world: World, server: SimServer, destroy: () => void): void {
  const { ledger, servers, posts, clock, trace } = world;
  ledger.scanAll(servers, clock.now());
  destroy();
  ledger.forget(server, clock.now());
  for (const post of ledger.newlyLost(members(world), posts)) {
    post.isLost = true;
    trace.note(`lost everywhere: ${post.ocid}`);
  }
}
