/** What a channel was created with; all optional, times in ms. */
export interface ChannelOptions {
  /** Only members post and listen; needs an owner and the owner's signature. */
  readonly encrypted?: boolean;
  /** The owner's id: base64 of the raw 32-byte ed25519 public key. */
  readonly owner?: string;
  readonly members?: readonly string[];
  readonly requests?: boolean;
  readonly allowJoining?: "open" | "request" | boolean;
  /** Who lets others in: the owner, or every member. */
  readonly approveJoins?: "owner" | "member";
  readonly memberLimit?: number;
  /** The channel is deleted when this time (ms since 1970) has passed. */
  readonly expiresAt?: number;
  /** A message dies this long after it was posted. */
  readonly messageLifetime?: number;
  /** Kept of each server. */
  readonly maxMessages?: number;
}
