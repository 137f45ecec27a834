import { DredError, limits, utf8Length } from "@dred/protocol";

/** Room for the brackets of the list. */
const LIST_BYTES = 2;

/**
 * Messages as JSON, cut into lists that one request can carry, in the same order.
 *
 * @throws DredError `body-too-large` for a message that fits into none.
 */
export function* toPostBatches(messages: readonly object[]): Generator<string> {
  let batch: string[] = [];
  let bytes = LIST_BYTES;
  for (const message of messages) {
    const text = JSON.stringify(message);
    const more = utf8Length(text) + 1;
    if (more + LIST_BYTES > limits.BODY_BYTES_MAX) {
      throw new DredError("body-too-large", "a message is larger than 1 MiB");
    }
    if (batch.length >= limits.POST_MANY_MAX || bytes + more > limits.BODY_BYTES_MAX) {
      yield `[${batch.join(",")}]`;
      batch = [];
      bytes = LIST_BYTES;
    }
    batch.push(text);
    bytes += more;
  }
  if (batch.length > 0) yield `[${batch.join(",")}]`;
}
