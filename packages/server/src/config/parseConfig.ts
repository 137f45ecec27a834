import { completeConfig } from "./completeConfig.ts";
import type { Config } from "./Config.ts";
import { readValues } from "./readValues.ts";
import type { ConfigSources } from "./readValues.ts";

/** A frozen configuration, or everything that is wrong with it, a sentence each. */
export type ParsedConfig =
  | { readonly kind: "config"; readonly config: Config }
  | { readonly kind: "faults"; readonly faults: readonly string[] };

/**
 * Makes a server's configuration: a flag counts before its environment variable, and that before
 * the file. All faults are told at once, each with what to do.
 */
export function parseConfig(sources: ConfigSources): ParsedConfig {
  const faults: string[] = [];
  const config = completeConfig({ ...readValues(sources, faults), sources, faults });
  if (config === undefined || faults.length > 0) return { kind: "faults", faults };
  return { kind: "config", config: Object.freeze(config) };
}
