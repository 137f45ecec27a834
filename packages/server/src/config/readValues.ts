import { DredError } from "@dred/protocol";
import { configOptions, variableOf } from "./options.ts";
import type { ConfigKey, ConfigOption } from "./options.ts";
import { readConfigFile } from "./readConfigFile.ts";

/** Where a configuration comes from, in the order in which it counts. */
export interface ConfigSources {
  /** By the option's key; a repeatable one as a list. */
  readonly flags: Readonly<Partial<Record<ConfigKey, string | readonly string[]>>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Reads the configuration file, and those that hold secrets, as UTF-8. */
  readonly readFile: (path: string) => string;
}

type Parsed<Option> = Option extends {
  readonly isRepeatable: true;
  parse: (text: string) => infer Value;
}
  ? readonly Value[]
  : Option extends { parse: (text: string) => infer Value }
    ? Value
    : never;

/** What was given and can be used, by the option's key. */
export type Values = { readonly [Key in ConfigKey]?: Parsed<(typeof configOptions)[Key]> };

export interface ReadValues {
  readonly values: Values;
  /** Which options were given at all, rightly or wrongly. */
  readonly given: ReadonlySet<ConfigKey>;
}

/** One value as it was given, and by what name to speak of it. */
interface Given {
  readonly name: string;
  readonly texts: readonly string[];
}

/** Reads every option from where it counts first; what is wrong is added to `faults`. */
export function readValues(sources: ConfigSources, faults: string[]): ReadValues {
  const path = find("config", sources, {})?.texts[0];
  const file = path === undefined ? {} : readConfigFile(path, sources.readFile, faults);
  const values: Partial<Record<ConfigKey, unknown>> = {};
  const given = new Set<ConfigKey>();
  for (const key of Object.keys(configOptions) as ConfigKey[]) {
    const found = find(key, sources, file);
    if (found === undefined) continue;
    given.add(key);
    const option: ConfigOption<unknown> = configOptions[key];
    const parsed = found.texts.flatMap((text) =>
      parseValue(text, { option, given: found, faults }),
    );
    if (parsed.length > 0) values[key] = option.isRepeatable ? parsed : parsed.at(-1);
  }
  return { values: values as Values, given };
}

function find(
  key: ConfigKey,
  sources: ConfigSources,
  file: Readonly<Record<string, readonly string[]>>,
): Given | undefined {
  const option: ConfigOption<unknown> = configOptions[key];
  const flag = sources.flags[key];
  if (flag !== undefined) return { name: `--${option.flag}`, texts: [flag].flat() };
  const variable = sources.environment[variableOf(option)];
  if (variable !== undefined && variable !== "") {
    const texts = option.isRepeatable ? variable.trim().split(/[\s,]+/) : [variable];
    return { name: variableOf(option), texts };
  }
  const own = file[key];
  return own === undefined ? undefined : { name: `"${key}" in the configuration file`, texts: own };
}

/** The value in a list, or nothing and a fault. */
function parseValue(
  text: string,
  { option, given, faults }: { option: ConfigOption<unknown>; given: Given; faults: string[] },
): unknown[] {
  try {
    return [option.parse(text)];
  } catch (error) {
    faults.push(`${given.name} ${JSON.stringify(text)}: ${sentenceOf(error)}`);
    return [];
  }
}

function sentenceOf(error: unknown): string {
  if (error instanceof DredError) return error.detail;
  return error instanceof Error ? error.message : String(error);
}
