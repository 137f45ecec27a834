const LOOK_MS = 2;

/** Resolves once it holds. @throws Error when that takes longer. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  waitMsMax: number,
  lookMs = LOOK_MS,
): Promise<void> {
  const end = performance.now() + waitMsMax;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not all messages came within ${waitMsMax} ms`);
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
}
