/** Whether an address, as a socket tells it, is one of this machine's own (RFC 1122, RFC 4291). */
export function isLoopbackAddress(address: string | undefined): boolean {
  if (address === undefined) return false;
  return address === "::1" || /^(::ffff:)?127\.\d+\.\d+\.\d+$/i.test(address);
}
