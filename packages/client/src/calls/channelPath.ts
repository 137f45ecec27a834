import { parseChannelName } from "@dred/protocol";

/** The path of a channel's calls. @throws DredError `invalid-channel-name`. */
export function channelPath(channel: string, rest = ""): string {
  return `/channel/${encodeURIComponent(parseChannelName(channel))}${rest}`;
}

/** `?a=1&b=2` of what is given, or nothing. */
export function toQuery(parameters: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`;
}
