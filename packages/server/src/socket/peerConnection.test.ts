import { expect, test } from "vitest";
import { isLoopbackAddress } from "./peerConnection.ts";

test.each(["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"])("%s is here", (address) => {
  expect(isLoopbackAddress(address)).toBe(true);
});

test.each(["10.0.0.1", "::ffff:10.0.0.1", "1.127.0.0.1", "127.0.0.1.example", "::", undefined])(
  "%s is not here",
  (address) => {
    expect(isLoopbackAddress(address)).toBe(false);
  },
);
