import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

const ANSWER_MS_MAX = 120_000;

const dred = fileURLToPath(new URL("../../../../bin/dred", import.meta.url));

/**
 * What `dred` prints with these arguments.
 *
 * @throws Error with all that it printed, when it does not exit with 0 within two minutes.
 */
export async function runDred(...args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { timeout: ANSWER_MS_MAX };
    execFile(process.execPath, [dred, ...args], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`dred ${args[0] ?? ""}: ${stdout}${stderr}`.trim()));
    });
  });
}
