/** `neigh.*` against a stack in virtual time: what it does, and how it refuses, is what `ip neigh` does (iproute2 6.1, Linux 6.x). */
import t from "tap";
import type { ParamsOf } from "../../../../firmware-ts/control/methods/index.ts";
import { call, client, refusalOf } from "../../../support/control.ts";
import { Lab } from "../../../support/lab.ts";
import { arp, arpReply, T1 } from "../../../support/wire-format.ts";

const MAC = "02:00:00:00:00:33";

/** The table as `dst state lladdr`. */
async function table(lab: Lab, params: ParamsOf<"neigh.show"> = {}): Promise<string[]> {
  const entries = await client(lab.stack).call("neigh.show", params);
  return entries.map(({ dst, state, lladdr }) => [dst, ...state, ...(lladdr ? [lladdr] : [])].join(" "));
}

t.test("add, change, replace, del: states, addresses, defaults", async (t) => {
  const lab = await Lab.open();
  const neigh = (method: string, params: object): Promise<unknown> =>
    call(lab.stack, `neigh.${method}`, { dev: "eth0", ...params });
  t.equal(await neigh("add", { dst: "10.0.0.50", lladdr: MAC }), null);
  t.equal(await neigh("add", { dst: "10.0.0.51", lladdr: "2:0:0:0:0:33", nud: "stale" }), null);
  t.equal(await neigh("add", { dst: "10.0.0.52", nud: "FAILED" }), null);
  t.equal(await neigh("add", { dst: "10.0.0.53", nud: "none" }), null);
  t.equal(await neigh("replace", { dst: "10.0.0.54", lladdr: MAC, nud: "reachable" }), null);
  t.equal(await neigh("add", { dst: "10.0.0.55", lladdr: MAC, nud: "noarp" }), null);
  t.same(await table(lab, { nud: ["all"] }), [
    `10.0.0.50 PERMANENT ${MAC}`,
    `10.0.0.51 STALE ${MAC}`,
    "10.0.0.52 FAILED",
    "10.0.0.53",
    `10.0.0.54 REACHABLE ${MAC}`,
    `10.0.0.55 NOARP ${MAC}`,
  ]);
  t.same(await table(lab, {}), await table(lab, { nud: ["permanent", "stale", "failed", "reachable"] }), "neither NONE nor NOARP");

  t.equal(await neigh("change", { dst: "10.0.0.50", nud: "stale" }), null, "a known address stays");
  t.equal(await neigh("replace", { dst: "10.0.0.51", lladdr: T1 }), null, "without a state: permanent");
  t.equal(await neigh("change", { dst: "10.0.0.54", lladdr: T1, nud: "reachable" }), null);
  t.equal(await neigh("del", { dst: "10.0.0.52" }), null);
  t.equal(await neigh("del", { dst: "10.0.0.55" }), null);
  t.same(await table(lab), [`10.0.0.50 STALE ${MAC}`, `10.0.0.51 PERMANENT ${T1}`, `10.0.0.54 REACHABLE ${T1}`]);
});

t.test("an entry that was added is used, and one that was deleted is asked for again", async (t) => {
  const lab = await Lab.open();
  await call(lab.stack, "neigh.add", { dst: "10.0.0.2", dev: "eth0", lladdr: T1 });
  t.equal(lab.poke(), "sent");
  t.equal(lab.heard().length, 1, "the datagram, no ARP");
  await call(lab.stack, "neigh.del", { dst: "10.0.0.2", dev: "eth0" });
  t.equal(lab.poke(), "queued");
  t.match(lab.heard(), [/who-has 10\.0\.0\.2/]);
  await call(lab.stack, "neigh.change", { dst: "10.0.0.2", dev: "eth0", lladdr: T1, nud: "reachable" });
  t.same(lab.fates, ["0 sent", "1 sent"], "what waited went out");
  lab.poke("10.0.0.9");
  await call(lab.stack, "neigh.del", { dst: "10.0.0.9", dev: "eth0" });
  t.equal(lab.fates.at(-1), "2 failed NEIGH_FAILED", "the sender is told");
});

t.test("refusals in the words and with the codes that a script can go by", async (t) => {
  const lab = await Lab.open();
  await call(lab.stack, "neigh.add", { dst: "10.0.0.50", dev: "eth0", lladdr: MAC });
  const rows: [string, object, [number, string, string]][] = [
    ["add", { dst: "10.0.0.50", dev: "eth0", lladdr: MAC }, [1, "NEIGH_EXISTS", "RTNETLINK answers: File exists"]],
    [
      "change",
      { dst: "10.0.0.61", dev: "eth0", lladdr: MAC },
      [1, "NEIGH_MISSING", "RTNETLINK answers: No such file or directory"],
    ],
    ["del", { dst: "10.0.0.99", dev: "eth0" }, [1, "NEIGH_MISSING", "RTNETLINK answers: No such file or directory"]],
    ["add", { dst: "10.0.0.60", dev: "eth0" }, [1, "NO_LLADDR", "Error: No link layer address given."]],
    ["replace", { dst: "10.0.0.90", dev: "eth0", nud: "reachable" }, [1, "NO_LLADDR", "Error: No link layer address given."]],
    ["add", { dst: "10.0.0.60", dev: "nope", lladdr: MAC }, [1, "NO_DEVICE", 'Cannot find device "nope"']],
    [
      "add",
      { dst: "10.0.0.60", dev: "eth0", lladdr: "zz" },
      [-32_602, "INVALID_PARAMS", '"zz" is not a link address; say e.g. 02:00:5e:10:00:fe'],
    ],
    ["add", { dst: "10.0.0.60", dev: "eth0", lladdr: "02:00" }, [1, "LLADDR_INVALID", "Error: Invalid link address."]],
    ["add", { dst: "10.0.0.60", dev: "eth0", nud: "bad" }, [1, "NUD_INVALID", 'Error: argument "bad" is wrong: nud state is bad']],
    [
      "add",
      { dst: "10.0.0.60/24", dev: "eth0", lladdr: MAC },
      [-32_602, "INVALID_PARAMS", '"10.0.0.60/24" is not an IP address; say e.g. 10.0.0.1 or fd00::1'],
    ],
    ["add", { dev: "eth0" }, [-32_602, "INVALID_PARAMS", "dst is missing"]],
    ["add", { dst: "10.0.0.60" }, [1, "DEVICE_MISSING", "Error: Device not specified."]],
    ["get", { dst: "10.0.0.60" }, [1, "DEVICE_MISSING", "Error: No device specified."]],
    ["get", { dst: "10.0.0.61", dev: "eth0" }, [1, "NEIGH_MISSING", "Error: Neighbour entry not found."]],
    ["add", { dst: "10.0.0.61", dev: "eth0", managed: true }, [1, "NEIGH_FLAGS", "Error: Invalid NTF_* flag for permanent entry."]],
    ["add", { dst: "10.0.0.61", dev: "eth0", use: 1 }, [-32_602, "INVALID_PARAMS", "use is not true or false"]],
    [
      "add",
      { dst: "10.0.0.61", dev: "eth0", protocol: 256 },
      [-32_602, "INVALID_PARAMS", "protocol is not an integer from 0 to 255"],
    ],
    ["add", { dst: 10, dev: "eth0" }, [-32_602, "INVALID_PARAMS", "dst is not a string"]],
    ["show", { dev: "nope" }, [1, "NO_DEVICE", 'Cannot find device "nope"']],
    ["show", { nud: ["bad"] }, [1, "NUD_INVALID", 'Error: argument "bad" is wrong: nud state is bad']],
    ["show", { to: "fe80::/64" }, [1, "FAMILY_UNSUPPORTED", "RTNETLINK answers: Address family not supported by protocol"]],
    ["show", { family: "inet6" }, [1, "FAMILY_UNSUPPORTED", "RTNETLINK answers: Address family not supported by protocol"]],
    [
      "add",
      { dst: "fe80::1", dev: "eth0", lladdr: MAC },
      [1, "FAMILY_UNSUPPORTED", "RTNETLINK answers: Address family not supported by protocol"],
    ],
    ["show", { nud: "stale" }, [-32_602, "INVALID_PARAMS", "nud is not a list of strings"]],
    ["show", { nud: [["stale"]] }, [-32_602, "INVALID_PARAMS", "nud is not a list of strings"]],
    ["flush", {}, [1, "FLUSH_ALL", "Flush requires arguments."]],
    ["flush", { dev: null, to: null, nud: null }, [1, "FLUSH_ALL", "Flush requires arguments."]],
  ];
  for (const [method, params, refusal] of rows) t.same(await refusalOf(lab.stack, `neigh.${method}`, params), refusal);
  for (const to of [
    "10.0.0.50/33",
    "10.0.0.50/x",
    "10.0.0.50/",
    "10.0.0.50/24/1",
    "10.0.0.50/-1",
    "10.0.0.50/ 8",
    "foo",
    "",
    "/24",
    "10.0.0/24",
  ]) {
    const refusal = [-32_602, "INVALID_PARAMS", `"${to}" is not a prefix; say e.g. 10.0.0.0/24 or fd00::/64`];
    t.same(await call(lab.stack, "neigh.show", { to }), refusal);
    t.same(await call(lab.stack, "neigh.flush", { to, nud: ["permanent"] }), refusal, "and nothing is flushed for it");
  }
  t.same(await table(lab), [`10.0.0.50 PERMANENT ${MAC}`]);
});

t.test("filters: prefix, device and states, all of which must fit", async (t) => {
  const lab = await Lab.open({ addresses: ["10.0.0.1/24", "192.168.1.1/24"] });
  for (const [dst, nud] of [
    ["10.0.0.2", "permanent"],
    ["10.0.0.3", "stale"],
    ["10.0.0.130", "stale"],
    ["192.168.1.2", "reachable"],
  ]) {
    await call(lab.stack, "neigh.add", { dst, dev: "eth0", lladdr: MAC, nud });
  }
  const shown = async (params: ParamsOf<"neigh.show">): Promise<string[]> =>
    (await table(lab, params)).map((line) => line.split(" ")[0] as string);
  t.same(await shown({}), ["10.0.0.2", "10.0.0.3", "10.0.0.130", "192.168.1.2"], "in the order of their addresses");
  t.same(await shown({ to: "10.0.0.2" }), ["10.0.0.2"]);
  t.same(await shown({ to: "10.0.0.77/25" }), ["10.0.0.2", "10.0.0.3"], "host bits do not matter");
  t.same(await shown({ to: "128.0.0.0/1" }), ["192.168.1.2"], "nor the sign of an address");
  t.same((await shown({ to: "0.0.0.0/0" })).length, 4);
  t.same(await shown({ to: "10.0.0.0/24", nud: ["stale"], dev: "eth0" }), ["10.0.0.3", "10.0.0.130"]);
  t.same(await shown({ nud: ["STALE", "reachable"] }), ["10.0.0.3", "10.0.0.130", "192.168.1.2"]);
  t.same(await shown({ to: "11.0.0.0/8" }), []);

  const flushed = await client(lab.stack).call("neigh.flush", { to: "10.0.0.0/24" });
  t.same(
    flushed.map((entry) => entry.dst),
    ["10.0.0.3", "10.0.0.130"],
    "not what is permanent",
  );
  t.same(await shown({}), ["10.0.0.2", "192.168.1.2"]);
  t.equal(((await call(lab.stack, "neigh.flush", { all: true })) as unknown[]).length, 1);
  t.equal(((await call(lab.stack, "neigh.flush", { nud: ["permanent"] })) as unknown[]).length, 1, "unless asked for");
  t.same(await shown({ nud: ["all"] }), []);
});

t.test("times and probes of an entry, as -s shows them", async (t) => {
  const lab = await Lab.open();
  lab.run(100_000);
  lab.poke();
  lab.run(1500);
  t.match(await call(lab.stack, "neigh.show"), [{ used: 1, confirmed: 61, updated: 1, probes: 5, state: ["INCOMPLETE"] }]);
  lab.say(arpReply());
  lab.run(999);
  t.match(await call(lab.stack, "neigh.show"), [{ lladdr: T1, used: 0, confirmed: 0, updated: 0, state: ["REACHABLE"] }]);
  lab.run(60_000);
  t.match(await call(lab.stack, "neigh.show"), [{ used: 60, confirmed: 60, state: ["STALE"] }]);
  lab.say(arp({ sip: "10.0.0.7" }));
  t.match(await table(lab), ["10.0.0.2 STALE", `10.0.0.7 STALE ${T1}`]);
});

t.test("a full table refuses, and a permanent entry finds room still", async (t) => {
  const lab = await Lab.open();
  lab.stack.neighbours(4).table.gc.thresh2 = 2;
  lab.stack.neighbours(4).table.gc.thresh3 = 2;
  const add = (last: number, nud: string): Promise<unknown> =>
    call(lab.stack, "neigh.add", { dst: `10.0.0.${last}`, dev: "eth0", lladdr: MAC, nud });
  t.same([await add(10, "reachable"), await add(11, "reachable")], [null, null]);
  t.same(await add(12, "reachable"), [1, "TABLE_FULL", "the table is full"]);
  const thirteenth = { dst: "10.0.0.12", dev: "eth0", lladdr: MAC, nud: "reachable" };
  const refusal = [1, "TABLE_FULL", "RTNETLINK answers: No buffer space available"];
  t.same(await refusalOf(lab.stack, "neigh.add", thirteenth), refusal);
  t.equal(await add(13, "permanent"), null);
});
