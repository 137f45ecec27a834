/** Why a reader is told of a hole: expired, beyond the newest kept, or its generation deleted. */
export type GapReason = "life" | "max" | "gone";

/** Why a stream ends; after each of them the reader goes on elsewhere from its cursor. */
export type ByeReason = "shutdown" | "epoch" | "slow" | "limit";

/** Lines of a listening stream that are no messages: they have a `type` and no `mid`. */
export type ControlLine =
  | { readonly type: "heartbeat-info"; readonly timerInterval: number }
  | { readonly type: "heartbeat" }
  | {
      readonly type: "reading";
      readonly channel: string;
      /**
       * Where the reader begins, in the generation of all that follows here: so one that is cut
       * off before `listening` can say what its positions are of.
       */
      readonly cursor: string;
    }
  | {
      readonly type: "listening";
      readonly channel: string;
      /**
       * Where the reader stands here: all that it covers has been written before or lies before
       * what was asked for. Without it a reader cut off before the first message could not
       * resume. Absent for a pattern; each channel it matches has a line of its own.
       */
      readonly cursor?: string;
    }
  | {
      readonly type: "gap";
      readonly channel: string;
      readonly origin: string;
      /** Exclusive, `ts-seq`. */
      readonly after: string;
      /** Inclusive, `ts-seq`. */
      readonly through: string;
      readonly reason: GapReason;
    }
  | {
      readonly type: "deleted";
      readonly channel: string;
      /** The start of the next generation, where whoever listened to this one stands now. */
      readonly cursor: string;
    }
  | { readonly type: "warning"; readonly channel: string; readonly message: string }
  | { readonly type: "chanCreated"; readonly channel: string; readonly options: unknown }
  | { readonly type: "chanDeleted"; readonly channel: string }
  | { readonly type: "hostAdded"; readonly host: string; readonly url: string }
  | { readonly type: "hostRemoved"; readonly host: string }
  | { readonly type: "bye"; readonly reason: ByeReason; readonly hosts: readonly string[] };

/** One line of a listening stream, without its line end. */
export function formatControlLine(line: ControlLine): string {
  return JSON.stringify(line);
}
