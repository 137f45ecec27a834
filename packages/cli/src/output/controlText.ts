import type { ControlLine } from "@dred/protocol";

type Sentences = {
  readonly [Type in ControlLine["type"]]: (
    line: Extract<ControlLine, { readonly type: Type }>,
  ) => string | undefined;
};

const nothing = (): undefined => undefined;

const sentences: Sentences = {
  listening: ({ channel }) => `listening to ${channel}`,
  warning: ({ channel, message }) => `${channel}: ${message}; waiting until there is one`,
  gap: ({ channel, origin, after, through }) =>
    `${channel}: messages of ${origin} are gone (behind ${after}, through ${through})`,
  deleted: ({ channel }) => `${channel} was deleted`,
  chanCreated: ({ channel }) => `${channel} was created`,
  chanDeleted: ({ channel }) => `${channel} was deleted`,
  hostAdded: ({ host, url }) => `server ${host} was added at ${url}`,
  hostRemoved: ({ host }) => `server ${host} was removed`,
  "heartbeat-info": nothing,
  heartbeat: nothing,
  reading: nothing,
  bye: nothing,
};

/** What a line that is no message tells a person; undefined when nothing. */
export function toControlText(line: ControlLine): string | undefined {
  const say = sentences[line.type] as (line: ControlLine) => string | undefined;
  return say(line);
}
