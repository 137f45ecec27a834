import { pick } from "./seededRandom.ts";
import type { World } from "./World.ts";

type Fault = (world: World) => string;

/** Everything that happens to a neighborhood, one of which is done. */
const faults: readonly Fault[] = [
  function resetConnections({ random, servers, network }) {
    const { name } = pick(random, servers);
    network.resetConnections(name);
    return `reset ${name}`;
  },
  function cutOneDirection({ random, servers, network, clock }) {
    const [from, to] = [pick(random, servers).name, pick(random, servers).name];
    network.cut(from, to);
    clock.after(random() * 12_000, () => network.healAll());
    return `cut ${from}>${to}`;
  },
  function cutPair({ random, servers, network, clock }) {
    const [from, to] = [pick(random, servers).name, pick(random, servers).name];
    network.cut(from, to);
    network.cut(to, from);
    clock.after(random() * 12_000, () => network.healAll());
    return `cut ${from}<>${to}`;
  },
  function killServer({ random, servers, clock }) {
    const server = pick(random, servers);
    if (!server.isRunning) return "nothing";
    server.kill();
    clock.after(random() * 6_000, () => server.start());
    return `kill ${server.name}`;
  },
  function loseStore({ random, servers, clock }) {
    const { disk, name } = pick(random, servers);
    disk.isReachable = false;
    clock.after(random() * 5_000, () => (disk.isReachable = true));
    return `store of ${name} unreachable`;
  },
  function loseReplies({ random, servers, clock }) {
    const { disk, name } = pick(random, servers);
    disk.faultOf = () => (random() < 0.3 ? "reply-lost" : "none");
    clock.after(random() * 3_000, () => (disk.faultOf = () => "none"));
    return `replies of ${name}'s store lost`;
  },
  function slowStore({ random, servers, clock }) {
    const { disk, name } = pick(random, servers);
    disk.delayMs = random() * 200;
    clock.after(random() * 5_000, () => (disk.delayMs = 0));
    return `store of ${name} slow`;
  },
  function restartStore({ random, servers }) {
    const { disk, name } = pick(random, servers);
    disk.changeReplid();
    return `store of ${name} restarted`;
  },
];

export function injectFault(world: World): void {
  world.faults.push(pick(world.random, faults)(world));
}
