/** A new name for a message: 128 random bits as 32 hexadecimal digits. */
export function makeOcid(): string {
  // Not randomUUID: browsers have it on secure origins only.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
