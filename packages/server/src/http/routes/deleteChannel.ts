import { checkDeletion } from "@dred/core";
import { Type } from "@sinclair/typebox";
import { createShape } from "../bodyShape.ts";
import { isAdmin } from "../checkAdmin.ts";
import type { HttpContext } from "../HttpContext.ts";
import { requireChannel, writableChannel } from "../pathChannel.ts";
import type { Route } from "../Route.ts";

const shape = createShape(
  Type.Object({
    signature: Type.Optional(
      Type.String({ maxLength: 1_024, description: "a signature in base64" }),
    ),
  }),
);

/** `DELETE /channel/:id` */
export function deleteChannel(context: HttpContext): Route {
  return {
    method: "DELETE",
    path: "/channel/:id",
    async handle(request) {
      const name = writableChannel(request);
      const replica = context.replica();
      const channel = requireChannel(replica, name);
      const { signature } = shape(request.body);
      const deletion = { isAdmin: isAdmin(request, context) };
      checkDeletion(
        signature === undefined ? deletion : { ...deletion, signature },
        channel,
        context.verify,
      );
      await replica.deleteChannel(name);
      return { id: name, status: "deleted" };
    },
  };
}
