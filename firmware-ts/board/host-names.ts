/** Hosts by their names, for apps: a stub resolver on the stack asks the name servers that the rig or a lease names. */
import type { FoundHost, HostNames } from "../apps/host-names.ts";
import { formatIp } from "../ip/endpoint.ts";
import { Holds } from "../sockets/ground.ts";
import type { Stack } from "../stack.ts";
import { namesOf } from "./apps.ts";
import type { Rig } from "./rig/rig.ts";

/** Seconds after which an answer that there is no such host is worth another question. */
const NOTHING_SECONDS = 30;

/** For a rig without names. */
const NO_NAMES: HostNames = {
  find(_name, _anew, told) {
    queueMicrotask(() => told({ addresses: [], seconds: NOTHING_SECONDS, code: "ENOTFOUND" }));
  },
  onChange() {},
};

/** Loads no resolver unless an app of the rig names a host. */
export async function loadHostNames(rig: Rig): Promise<(stack: Stack) => HostNames> {
  if (namesOf(rig).length === 0) return () => NO_NAMES;
  const { StubResolver } = await import("../sockets/dns/stub.ts");
  return (stack) => {
    const stub = new StubResolver(stack, new Holds(), { servers: [] });
    const follow = (): void => {
      stub.servers = stack.nameServers.list.map((address) => ({ address: formatIp(address), port: 53 }));
      stub.cache.clear();
    };
    follow();
    stack.nameServers.onChange(follow);
    return {
      find(name, anew, told) {
        if (anew) stub.cache.clear();
        // A name without a dot is one of the board's own domain, where it knows that.
        const { domain } = stack.nameServers;
        const whole = name.includes(".") || domain === undefined ? name : `${name}.${domain}`;
        const found: FoundHost[] = [];
        const types = stack.ip6 ? ["AAAA", "A"] : ["A"];
        for (const type of types) {
          stub.find(whole, type, ({ code, records }) => {
            const seconds = records.length > 0 ? Math.min(...records.map(({ ttl }) => ttl)) : NOTHING_SECONDS;
            found.push({ addresses: records.map(({ data }) => String(data)), seconds, code });
            if (found.length === types.length) told(together(stack, found));
          });
        }
      },
      onChange: (listener) => stack.nameServers.onChange(listener),
    };
  };
}

/** The addresses of both families, those first to which there is a way. */
function together(stack: Stack, found: readonly FoundHost[]): FoundHost {
  const good = found.filter(({ addresses }) => addresses.length > 0);
  const all = good.flatMap(({ addresses }) => addresses);
  const [reachable, others] = [true, false].map((wanted) => all.filter((address) => isReachable(stack, address) === wanted));
  const code = good.length > 0 ? null : (found.find(({ code }) => code !== "ENODATA")?.code ?? "ENOTFOUND");
  return {
    addresses: [...(reachable ?? []), ...(others ?? [])],
    seconds: Math.min(...(good.length > 0 ? good : found).map(({ seconds }) => seconds)),
    code,
  };
}

function isReachable({ layers }: Stack, address: string): boolean {
  try {
    return layers.destination(address, 0, null).room >= 0;
  } catch {
    return false;
  }
}
