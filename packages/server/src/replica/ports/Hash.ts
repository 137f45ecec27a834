/** Hashes as a port, so that the core needs no platform. */
export interface Hash {
  /** SHA-256 of the UTF-8 text, as 64 hexadecimal digits. */
  readonly sha256: (text: string) => string;
  /** HMAC-SHA256 (RFC 2104) of the UTF-8 text, as 64 hexadecimal digits. */
  readonly hmac: (secret: string, text: string) => string;
  /** Whether two texts are equal, in a time that does not tell where they differ. */
  readonly isEqual: (a: string, b: string) => boolean;
}
