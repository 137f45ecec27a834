/** The fields of the answers that tests look at; which of them are there depends on the call. */
export interface AnswerBody {
  readonly error: string;
  readonly code: string;
  readonly mid: string;
  readonly ocid: string;
  readonly ts: number;
  readonly status: string;
  readonly acks: number;
  readonly createdAt: number;
  readonly cursor: string;
  readonly next?: string;
  readonly origin: string;
  readonly options: object;
  readonly members: readonly string[];
  readonly vector: Readonly<Record<string, string>>;
  readonly hosts: readonly object[];
  readonly messages: readonly { readonly mid: string; readonly msg: string }[];
}

/** The body of an answer of supertest, which itself does not know its type. */
export async function bodyOf(answer: PromiseLike<{ readonly body: unknown }>): Promise<AnswerBody> {
  const { body } = await answer;
  return body as AnswerBody;
}
