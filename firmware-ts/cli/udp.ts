/** `whohas udp send` and `whohas udp listen`. */
import type { ControlClient } from "../control/client.ts";
import type { JsonObject } from "../control/rpc.ts";
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
export async function udpSend(client: ControlClient, options: UdpSendOptions): Promise<number> {
  let anyFailed = false;
  client.onNotification = (_method, { status, reason }) => {
    anyFailed ||= status === "failed";
    console.log(status === "failed" ? `failed ${String(reason)}` : String(status));
  };
  await client.call("udp.send", options as unknown as JsonObject);
  return anyFailed ? Exit.NO : Exit.DONE;
}

/** One line a datagram: ADDR:PORT LENGTH TEXT. */
export async function udpListen(client: ControlClient, bind: string, count: number | undefined): Promise<number> {
  client.onNotification = (method, params) => {
    if (method !== "udp.received") return;
    console.log(`${String(params["from"])}:${String(params["port"])} ${String(params["length"])} ${String(params["text"])}`);
  };
  await client.call("udp.listen", { bind, ...(count === undefined ? {} : { count }) });
  return Exit.DONE;
}
