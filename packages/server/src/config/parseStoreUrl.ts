const EXAMPLE = "redis://127.0.0.1:6379/1";

/**
 * A store's URL: `redis://[user:password@]host[:port]/DATABASE` (or `rediss:`), or `memory:`.
 *
 * Database 0 is refused: it is what every other program of the machine uses without saying so.
 *
 * @throws Error that says what to write.
 */
export function parseStoreUrl(text: string): string {
  if (text === "memory:") return text;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "redis:" && url?.protocol !== "rediss:") {
    throw new Error(`must be like ${EXAMPLE}, or memory:`);
  }
  checkDatabase(url.pathname);
  return text;
}

function checkDatabase(path: string): void {
  const database = /^\/?(\d{0,5})$/.exec(path)?.[1];
  if (database === undefined) throw new Error(`must end in a database's number, like ${EXAMPLE}`);
  if (Number(database) === 0) {
    throw new Error(
      `names ${database === "" ? "no database" : "database 0"}; ` +
        "give this server a numbered one of its own, for example /1 at the end",
    );
  }
}
