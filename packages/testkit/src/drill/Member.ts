import type { RedisProcess } from "./RedisProcess.ts";
import type { ServerProcess } from "./ServerProcess.ts";

export const memberNames = ["first", "second", "third", "fourth"] as const;

export type MemberName = (typeof memberNames)[number];

/** One server of a drill, and its Redis. */
export interface Member {
  readonly name: MemberName;
  readonly url: string;
  readonly server: ServerProcess;
  /** The one that it uses now; a drill may put another in its place. */
  redis: RedisProcess;
}
