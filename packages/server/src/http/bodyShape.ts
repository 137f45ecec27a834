import { DredError } from "@dred/protocol";
import type { Static, TObject } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";

/**
 * Makes the reader of a body (or query) from its schema. The sentence about a field that does not
 * fit is `<field> must be <the field's description>`; fields the schema does not name are left in.
 *
 * @returns A function that throws DredError `invalid-shape`, and takes an absent body for `{}`.
 */
export function createShape<Schema extends TObject>(
  schema: Schema,
): (value: unknown) => Static<Schema> {
  const checker = TypeCompiler.Compile(schema);
  return (value) => {
    const given = value === undefined ? {} : value;
    if (checker.Check(given)) return given;
    const path = checker.Errors(given).First()?.path ?? "";
    throw new DredError("invalid-shape", sentenceOf(path.split("/")[1] ?? "", schema));
  };
}

function sentenceOf(field: string, schema: TObject): string {
  if (field === "") return "the body must be a JSON object";
  return `${field} must be ${schema.properties[field]?.description ?? "of another type"}`;
}
