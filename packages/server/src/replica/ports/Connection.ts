/**
 * One end of a two-way line of text messages to a peer: a WebSocket, or the simulation's.
 * Messages arrive in the order in which they were sent, or the connection closes.
 */
export interface Connection {
  /** Queues a message; on a closed connection it does nothing. */
  send(text: string): void;
  /** Bytes queued and not yet taken by the network. */
  readonly bufferedBytes: number;
  /** Bytes that came so far, also those of a message that is not complete yet. */
  readonly receivedBytes: number;
  /** Closes; `onClose` is called on both ends. */
  close(): void;
  /** Set once, before the first message can arrive. */
  onMessage(listener: (text: string) => void): void;
  /**
   * Called once, whoever closed; at once when it is closed already. `fault` says what was wrong
   * with a message, if that ended it.
   */
  onClose(listener: (fault?: string) => void): void;
  /** Whether the other end is on this machine. */
  readonly isLoopback: boolean;
}

/** Opens a connection to a peer's `GET /peer`; rejects when it cannot be had in time. */
export type Dial = (url: string, signal: AbortSignal) => Promise<Connection>;
