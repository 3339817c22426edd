/** `whohas udp send` and `whohas udp listen`. */
import type { Caller } from "../control/iproute/words.ts";
import type { JsonObject } from "../control/rpc/protocol.ts";
import { Exit } from "./exit.ts";

export interface UdpSendOptions {
  to: string;
  text: string;
  from?: string;
  count: number;
  /** ms */
  interval: number;
  confirm: boolean;
}

/** One line a datagram: sent, queued or failed, and one more for what became of a queued one. */
export async function udpSend(client: Caller, options: UdpSendOptions): Promise<number> {
  let anyFailed = false;
  client.onNotification = (_method, { status, reason }) => {
    anyFailed ||= status === "failed";
    console.log(status === "failed" ? `failed ${String(reason)}` : String(status));
  };
  await client.call("udp.send", options as unknown as JsonObject);
  return anyFailed ? Exit.NO : Exit.DONE;
}

/** One line a datagram: ADDR:PORT LENGTH TEXT. */
export async function udpListen(client: Caller, bind: string, count: number | undefined): Promise<number> {
  client.onNotification = (method, params) => {
    if (method !== "udp.received") return;
    console.log(
      `${String(params["from"])}:${String(params["port"])} ${String(params["length"])} ${printable(String(params["text"]))}`,
    );
  };
  await client.call("udp.listen", { bind, ...(count === undefined ? {} : { count }) });
  return Exit.DONE;
}

/** Whoever sends a datagram shall neither make lines of his own nor drive the terminal: control characters as \xHH. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, (character) => {
    const code = (character.codePointAt(0) as number).toString(16);
    return code.length > 2 ? `\\u${code.padStart(4, "0")}` : `\\x${code.padStart(2, "0")}`;
  });
}
