import { createClient } from "redis";

/** Time, database and sender before the command; `lua` as the sender inside a script. */
const LINE =
  /^(?<seconds>\d+)\.(?<micros>\d+) \[(?<database>\d+) (?<sender>[^\]]*)\] (?<command>.*)$/s;
const SECRET = /^"(?:auth|hello|acl|config|migrate)"/i;

/**
 * Prints every command that is run on one database: `redis 5 "XADD" "dred:…"`, those within a
 * script as well. It has a connection of its own, which is opened again when it breaks, and what
 * follows a command that may carry a password is left out. For development: MONITOR costs Redis
 * half of its speed.
 *
 * @param url With the number of the database; other databases of the same Redis are left out.
 */
export function monitorCommands(url: string, write: (line: string) => void): { close(): void } {
  const database = String(Number(new URL(url).pathname.slice(1)));
  const client = createClient({
    url,
    RESP: 2,
    disableClientInfo: true,
    maintNotifications: "disabled",
    commandOptions: { timeout: 0 },
  });
  client.on("error", () => undefined); // it is only shown, and connects again by itself
  const show = (line: string): void => {
    const text = formatMonitorLine(line, database);
    if (text !== undefined) write(text);
  };
  let isClosed = false;
  client
    .connect()
    // What is closed while its socket is being opened is connected all the same.
    .then(() => (isClosed ? client.destroy() : client.monitor((line) => show(String(line)))))
    .catch(() => undefined); // closed before it was connected
  return {
    close: () => {
      isClosed = true;
      client.destroy();
    },
  };
}

/**
 * A line of MONITOR as it is printed.
 *
 * @param database Lines of other databases give undefined.
 */
export function formatMonitorLine(line: string, database: string): string | undefined {
  const parts = LINE.exec(line)?.groups;
  const command = parts?.["command"];
  if (command === undefined || parts?.["database"] !== database) return undefined;
  const name = SECRET.exec(command)?.[0];
  const script = parts["sender"] === "lua" ? "lua " : "";
  return `redis ${database} ${script}${name === undefined ? command : `${name} (hidden)`}`;
}
