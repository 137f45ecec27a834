/**
 * Every limit that both ends of a wire must agree on, with its unit in its name. Limits of
 * one server's own queues stand beside the queue.
 */

/** A request's body. Applies where a client posts, never where a replica stores. */
export const BODY_BYTES_MAX = 1_048_576;
/** Messages in one `POST /channel/:id/messages`. */
export const POST_MANY_MAX = 10_000;
/** Channels named in one listen request. */
export const LISTEN_CHANNELS_MAX = 1_000;
/** An ocid, in UTF-16 code units. */
export const OCID_CHARS_MAX = 256;
/** A message's `type`, in UTF-16 code units. */
export const TYPE_CHARS_MAX = 256;
/** Origins in one vector, such as a cursor's; a server raises an alarm long before. */
export const VECTOR_ORIGINS_MAX = 1_024;
/** A cursor as text: 1,024 origins of 32 + 16 + 11 + 11 characters fit. */
export const CURSOR_CHARS_MAX = 131_072;
/** Entries in one store call or one `entries` frame. */
export const BATCH_ENTRIES_MAX = 500;
/** Characters of lines in one store call or `entries` frame; a larger entry goes alone. */
export const BATCH_CHARS_MAX = 256_000;
/** One frame between peers: one largest entry, JSON-escaped, with its header. */
export const FRAME_BYTES_MAX = 8_388_608;
/** Origins in one `have`, servers in the `epochs` of one `hello`. */
export const FRAME_ORIGINS_MAX = 4_096;
/** Any id, hash, name or address in a frame, in UTF-16 code units. */
export const FRAME_TEXT_CHARS_MAX = 2_048;
/** Logs named in one `heads`, `pull` or `fetch` frame. */
export const FRAME_LOGS_MAX = 1_000;
/** Registry records in one `registry` frame. */
export const FRAME_RECORDS_MAX = 256;
/** Buckets in which two registries are compared. */
export const REGISTRY_BUCKETS = 256;
/** How many unconsumed bytes of entries a puller lets its peer send. */
export const LINK_CREDIT_BYTES = 4_194_304;
/** Silence on a link for this long means that the peer is gone: it is noticed within 8 s. */
export const LINK_SILENCE_MS_MAX = 7_500;
/** A listener hears at least this often from its server. */
export const HEARTBEAT_INTERVAL_MS = 7_000;
