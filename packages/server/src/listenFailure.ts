import { DredError } from "@dred/protocol";

interface Place {
  readonly address: string;
  readonly port: number;
}

/** Why a port could not be bound, in a sentence that says what to do. */
export function cannotListen(error: unknown, { address, port }: Place): DredError {
  return new DredError("cannot-listen", sentenceOf(error, { address, port }), { cause: error });
}

/** Why the store could not be opened, naming the store. */
export function withStore(error: unknown, store: string): unknown {
  if (!(error instanceof DredError) || !error.code.startsWith("store-")) return error;
  const advice = error.code === "store-unavailable" ? ": start it, or choose another --store" : "";
  return new DredError(error.code, `${store}: ${error.detail}${advice}`, { cause: error });
}

function sentenceOf(error: unknown, { address, port }: Place): string {
  switch ((error as { readonly code?: unknown }).code) {
    case "EADDRINUSE":
      return `port ${port} on ${address} is in use: stop what listens there, or choose another port`;
    case "EACCES":
      return `port ${port} on ${address} is not allowed to this user: choose one of 1024 or more`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `address ${address} is not one of this machine: choose another, like 127.0.0.1`;
    default:
      return `port ${port} on ${address} cannot be listened on: ${String(error)}`;
  }
}
