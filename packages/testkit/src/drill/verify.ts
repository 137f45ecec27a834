import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

const VERIFY_MS_MAX = 120_000;

const dred = fileURLToPath(new URL("../../../../bin/dred", import.meta.url));

/**
 * `dred verify` of the neighborhood of one server: heads, chain hashes and content (R8).
 *
 * @throws Error with what it printed, unless all servers are equal.
 */
export async function verify(url: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const args = [dred, "verify", "--url", url];
    execFile(process.execPath, args, { timeout: VERIFY_MS_MAX }, (error, stdout, stderr) => {
      if (error === null) resolve();
      else reject(new Error(`dred verify: ${stdout}${stderr}`.trim()));
    });
  });
}
