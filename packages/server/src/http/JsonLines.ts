/** The body of a request in ND-JSON: its lines, without empty ones. */
export class JsonLines {
  readonly lines: readonly string[];

  constructor(text: string) {
    this.lines = text.split("\n").filter((line) => line.trim() !== "");
  }
}
