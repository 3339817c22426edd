/** `whohas udp send` and `whohas udp listen`. */
import type { JsonObject } from "../../control/rpc/protocol.ts";
import { Exit } from "../contract/exit.ts";
import type { Globals } from "../contract/globals.ts";
import { withInstance } from "./connect.ts";

export interface UdpSendOptions {
  to: string;
  text: string;
  from?: string;
  count: number;
  /** ms */
  interval: number;
  confirm: boolean;
}

/** Prints one line for each datagram: sent, queued or failed; and one more line for the fate of a queued one. */
export function udpSend(globals: Globals, options: UdpSendOptions): Promise<number> {
  return withInstance(globals, async (client) => {
    let anyFailed = false;
    client.onNotification = (_method, { status, reason }) => {
      anyFailed ||= status === "failed";
      console.log(status === "failed" ? `failed ${String(reason)}` : String(status));
    };
    await client.call("udp.send", options as unknown as JsonObject);
    return anyFailed ? Exit.NO : Exit.DONE;
  });
}

/** Prints one line for each datagram: ADDR:PORT LENGTH TEXT. @param count ends after so many; undefined: never */
export function udpListen(globals: Globals, bind: string, count: number | undefined): Promise<number> {
  return withInstance(globals, async (client) => {
    client.onNotification = (method, params) => {
      if (method !== "udp.received") return;
      console.log(
        `${String(params["from"])}:${String(params["port"])} ${String(params["length"])} ${printable(String(params["text"]))}`,
      );
    };
    await client.call("udp.listen", { bind, ...(count === undefined ? {} : { count }) });
    return Exit.DONE;
  });
}

/** Escapes control characters as \xHH: a datagram of a stranger neither makes lines of its own nor drives the terminal. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, (character) => {
    const code = (character.codePointAt(0) as number).toString(16);
    return code.length > 2 ? `\\u${code.padStart(4, "0")}` : `\\x${code.padStart(2, "0")}`;
  });
}
