/**
 * One end of a two-way line of text messages: a WebSocket. Messages arrive in the order in which
 * they were sent, or the connection closes.
 */
export interface PeerConnection {
  /** Queues a message; on a closed connection it does nothing. */
  send(text: string): void;
  /** Bytes queued and not yet taken by the network. */
  readonly bufferedBytes: number;
  /** Bytes that came so far, also those of a message that is not complete yet. */
  readonly receivedBytes: number;
  /** Closes; `onClose` is called on both ends. */
  close(): void;
  /** To be set once, before control returns to the event loop; earlier messages are lost. */
  onMessage(listener: (text: string) => void): void;
  /**
   * Called once, whoever closed; at once when it is closed already. `fault` says what was wrong
   * with a message, if that ended it and the platform tells.
   */
  onClose(listener: (fault?: string) => void): void;
  /** Whether the other end is on this machine; false where the platform does not tell. */
  readonly isLoopback: boolean;
}

/**
 * Opens a WebSocket to `url` (`ws:` or `wss:`).
 *
 * @throws DredError `host-unreachable` when it is not open within 5 s, or `signal.reason`; in
 *   both cases nothing stays open.
 */
export type OpenSocket = (url: string, signal: AbortSignal) => Promise<PeerConnection>;
