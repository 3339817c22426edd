/** Bytes as base64 (RFC 4648), for JSON. */
import t from "tap";
import { fromBase64 } from "../../../firmware-ts/control/base64.ts";

t.test("text that is none gives null", async (t) => {
  t.same(fromBase64("AAH/"), Uint8Array.of(0, 1, 255));
  t.same(fromBase64(""), new Uint8Array());
  t.equal(fromBase64("?"), null);
});
