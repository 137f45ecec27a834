/** How far a server is with fetching what its peers had when it joined them. */
export interface JoinProgress {
  readonly entriesHeld: number;
  readonly entriesMissing: number;
  readonly atMs: number;
}

/** `1200 of 5000 entries held (24.0 %)` and, with a look before, at which rate and how long still. */
export function toProgressText(now: JoinProgress, before?: JoinProgress): string {
  const { entriesHeld, entriesMissing } = now;
  const wanted = entriesHeld + entriesMissing;
  const percent = wanted === 0 ? 100 : (entriesHeld * 100) / wanted;
  const text = `${entriesHeld} of ${wanted} entries held (${percent.toFixed(1)} %)`;
  if (before === undefined || now.atMs <= before.atMs) return text;
  const perSecond = ((before.entriesMissing - entriesMissing) * 1_000) / (now.atMs - before.atMs);
  if (perSecond <= 0) return `${text}, none came lately`;
  const seconds = Math.ceil(entriesMissing / perSecond);
  return `${text}, ${Math.round(perSecond)} a second, about ${seconds} s to go`;
}
