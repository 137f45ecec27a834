import { closeSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { addRun, formatRecord, parseRecord } from "./simulationRecord.ts";
import type { RecordedRun, SimulationRecord } from "./simulationRecord.ts";

const LOCK_MS_MAX = 10_000;
const LOCK_RETRY_MS = 50;

/** The record in a file; an empty one when there is no such file. */
export function readRecord(path: string): SimulationRecord {
  try {
    return parseRecord(readFileSync(path, "utf8"));
  } catch (error) {
    if (isCode(error, "ENOENT")) return { runs: [] };
    throw error;
  }
}

/**
 * Adds a run to the record in a file, also while others do so: the new text is written to
 * `PATH.lock`, which only one can create, and then takes the place of the old one.
 *
 * @returns The whole record.
 * @throws Error when another holds the lock for 10 s; the file is then unchanged.
 */
export async function recordRun(path: string, run: RecordedRun): Promise<SimulationRecord> {
  const lockPath = `${path}.lock`;
  const lock = await takeLock(lockPath);
  try {
    const record = addRun(readRecord(path), run);
    writeFileSync(lock, formatRecord(record));
    renameSync(lockPath, path);
    return record;
  } catch (error) {
    rmSync(lockPath, { force: true });
    throw error;
  } finally {
    closeSync(lock);
  }
}

async function takeLock(lockPath: string): Promise<number> {
  const untilMs = Date.now() + LOCK_MS_MAX;
  for (;;) {
    try {
      return openSync(lockPath, "wx");
    } catch (error) {
      if (!isCode(error, "EEXIST")) throw error;
    }
    if (Date.now() > untilMs) {
      throw new Error(`${lockPath} is there for long: remove it if no other run is writing`);
    }
    await sleep(LOCK_RETRY_MS);
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
