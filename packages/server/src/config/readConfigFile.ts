import { configOptions } from "./options.ts";
import type { ConfigOption } from "./options.ts";

/** Each option of the file as texts, as if it had been given as flags. */
export type FileValues = Readonly<Record<string, readonly string[]>>;

/**
 * Reads the configuration file: a JSON object of options. A key that is no option is a fault, for
 * it is most often one that was misspelt.
 */
export function readConfigFile(
  path: string,
  readFile: (path: string) => string,
  faults: string[],
): FileValues {
  let content: unknown;
  try {
    content = JSON.parse(readFile(path));
  } catch (error) {
    faults.push(`the configuration file ${path} cannot be read: ${messageOf(error)}`);
    return {};
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    faults.push(`the configuration file ${path} must hold one JSON object`);
    return {};
  }
  return Object.fromEntries(
    Object.entries(content).flatMap(([key, value]) => {
      const texts = isSwitch(key) && typeof value === "boolean" ? [`${value}`] : toTexts(value);
      if (Object.hasOwn(configOptions, key) && key !== "config" && texts !== undefined) {
        return [[key, texts] as const];
      }
      faults.push(faultOf(key, path));
      return [];
    }),
  );
}

function isSwitch(key: string): boolean {
  const options: Readonly<Record<string, ConfigOption<unknown>>> = configOptions;
  return options[key]?.isSwitch === true;
}

/** Text or number; a list of them; or an object, `{"second": "http://…"}`, as `second=http://…`. */
function toTexts(value: unknown): readonly string[] | undefined {
  if (typeof value === "string" || typeof value === "number") return [String(value)];
  if (typeof value !== "object" || value === null) return undefined;
  const items: readonly unknown[] = Array.isArray(value)
    ? value
    : Object.entries(value as Readonly<Record<string, unknown>>).map(([id, url]) =>
        typeof url === "string" ? `${id}=${url}` : url,
      );
  return items.every((item) => typeof item === "string") ? items : undefined;
}

function faultOf(key: string, path: string): string {
  if (Object.hasOwn(configOptions, key) && key !== "config") {
    if (isSwitch(key)) return `"${key}" in ${path} must be true or false`;
    return `"${key}" in ${path} must be text, a number or a list of texts`;
  }
  const known = Object.keys(configOptions).filter((each) => each !== "config");
  return `"${key}" in ${path} is no option; it knows ${known.join(", ")}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
