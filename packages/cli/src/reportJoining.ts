import type { DredServer } from "@dred/server";
import { toProgressText } from "./output/progressText.ts";
import type { JoinProgress } from "./output/progressText.ts";
import type { Terminal } from "./Terminal.ts";

const INTERVAL_MS = 2_000;

/** Tells every 2 s how far a server is that joins others, until it is ready or ends. */
export function reportJoining(server: DredServer, terminal: Terminal): void {
  let before: JoinProgress | undefined;
  const timer = setInterval(() => {
    const now = progressOf(server);
    if (now === "ready" && before !== undefined) terminal.note("ready: caught up with its peers");
    if (now === "ready") return clearInterval(timer);
    if (now === "unknown") return;
    terminal.note(`joining: ${toProgressText(now, before)}`);
    before = now;
  }, INTERVAL_MS);
  timer.unref();
  terminal.signal.addEventListener("abort", () => clearInterval(timer), { once: true });
}

function progressOf(server: DredServer): JoinProgress | "ready" | "unknown" {
  try {
    const { readiness, origins } = server.replica().replication();
    if (readiness.isReady) return "ready";
    const { entriesMissing } = readiness;
    if (entriesMissing === undefined) return "unknown";
    const entriesHeld = origins.reduce((sum, { count }) => sum + count, 0);
    return { entriesHeld, entriesMissing, atMs: performance.now() };
  } catch {
    return "unknown"; // it begins a new epoch
  }
}
