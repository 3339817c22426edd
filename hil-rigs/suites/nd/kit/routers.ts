/** Routers of the link, and what the DUT has made of their advertisements. */
import type { Bench } from "../../../contract/bench.ts";
import { type Host, PLANS } from "../../../contract/plan.ts";
import { local } from "../../../wire/hosts6.ts";

/** Routers, with their link-local addresses. */
export const R1: Host = local(PLANS[6].host(0xa1));
export const R2: Host = local(PLANS[6].host(0xa2));

/** A host that is not on the link. */
export const FAR = "2001:db8::1";

/** The next hops of the default routes that `ip` shows, in order. */
export async function defaultRouters(bench: Bench): Promise<string[]> {
  const shown = await bench.must("-6 route show default");
  return [...shown.matchAll(/ via (\S+)/g)].map(([, via]) => via ?? "");
}

/** A value of net.ipv6.neigh.e0 or net.ipv6.conf.e0. */
export function reads(bench: Bench, kind: "neigh" | "conf", name: string): number {
  return Number(bench.sysctl(`net.ipv6.${kind}.e0.${name}`));
}

/** Waits until the DUT has taken what was said: the kernel adds routes and addresses in the background. */
export function taken(bench: Bench): Promise<void> {
  return bench.sleep(15);
}
