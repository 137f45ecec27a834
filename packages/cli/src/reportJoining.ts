import type { DredServer } from "@dred/server";
import { toProgressText } from "./output/progressText.ts";
import type { JoinProgress } from "./output/progressText.ts";
import type { Terminal } from "./Terminal.ts";

const INTERVAL_MS = 2_000;
const REACHES_NOBODY = "reaches no other server; its log says why";

interface Look {
  readonly isReady: boolean;
  readonly reachesOthers: boolean;
  /** Absent while it is not known. */
  readonly progress: JoinProgress | undefined;
}

/** Tells every 2 s how far a server is that joins others, until it is ready or ends. */
export function reportJoining(server: DredServer, terminal: Terminal): void {
  let before: JoinProgress | undefined;
  const timer = setInterval(() => {
    const now = lookAt(server);
    if (now?.isReady === true) {
      const text = now.reachesOthers ? "caught up with its peers" : REACHES_NOBODY;
      if (before !== undefined) terminal.note(`ready: ${text}`);
      return clearInterval(timer);
    }
    if (now?.progress === undefined) return;
    const text = now.reachesOthers ? toProgressText(now.progress, before) : REACHES_NOBODY;
    terminal.note(`joining: ${text}`);
    before = now.progress;
  }, INTERVAL_MS);
  timer.unref();
  terminal.signal.addEventListener("abort", () => clearInterval(timer), { once: true });
}

function lookAt(server: DredServer): Look | undefined {
  try {
    const replica = server.replica();
    const { readiness, origins } = replica.replication();
    const { isReady, entriesMissing } = readiness;
    const entriesHeld = origins.reduce((sum, { count }) => sum + count, 0);
    return {
      isReady,
      reachesOthers: replica.hosts().some(({ state }) => state === "connected"),
      progress:
        entriesMissing === undefined
          ? undefined
          : { entriesHeld, entriesMissing, atMs: performance.now() },
    };
  } catch {
    return undefined; // it begins a new epoch
  }
}
