import { setTimeout as wait } from "node:timers/promises";

const DEADLINE_MS = 5_000;
const INTERVAL_MS = 5;

/**
 * Waits for something that cannot be subscribed to. It has come when `condition` gives anything
 * but false or undefined; as long as it throws (a failed `expect`, say) it has not.
 *
 * @returns What the condition gave.
 * @throws Error after `deadlineMs` (5,000 unless given) that tells how the last look ended.
 */
export async function eventually<Value>(
  condition: () => Value | Promise<Value>,
  deadlineMs = DEADLINE_MS,
): Promise<Exclude<Value, false | undefined>> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const look = await lookOnce(condition);
    if (look.kind === "come") return look.value;
    if (performance.now() >= deadline) {
      const text = `it did not come within ${deadlineMs} ms: ${look.reason}`;
      throw new Error(text, { cause: look.cause });
    }
    await wait(INTERVAL_MS);
  }
}

type Look<Value> =
  | { readonly kind: "come"; readonly value: Exclude<Value, false | undefined> }
  | { readonly kind: "missing"; readonly reason: string; readonly cause?: unknown };

async function lookOnce<Value>(condition: () => Value | Promise<Value>): Promise<Look<Value>> {
  try {
    const value = await condition();
    if (value === false || value === undefined) {
      return { kind: "missing", reason: `${condition.toString()} is ${String(value)}` };
    }
    return { kind: "come", value: value as Exclude<Value, false | undefined> };
  } catch (cause) {
    return {
      kind: "missing",
      reason: cause instanceof Error ? cause.message : String(cause),
      cause,
    };
  }
}
