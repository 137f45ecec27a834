import type { World } from "../World.ts";
import { expectThat } from "./expectThat.ts";

/** P10; looks after every step at all that came since the beginning. */
export function checkTraffic({ trafficMax, servers, network, ledger }: World): void {
  if (trafficMax === undefined) return;
  for (const server of servers) {
    const came = network.entriesReceived.get(server.name) ?? 0;
    const written = ledger.countOfOthers(server);
    const most = trafficMax.perEntry * written + trafficMax.entries;
    const sentence = `P10: ${came} entries came to ${server.name}, where others wrote ${written}`;
    expectThat(came <= most, sentence);
  }
}
