/** The stack refuses with a code, an errno and a detail; the words of `ip` and of the kernel are made of them here and nowhere else. */
import t from "tap";
import { pingRefusalWords, refusalWords } from "../../../../firmware-ts/control/iproute/refusals.ts";
import { InetError } from "../../../../firmware-ts/ip/inet-error.ts";
import { NeighError } from "../../../../firmware-ts/neigh/admin.ts";
import { ParameterError } from "../../../../firmware-ts/neigh/parameter-files.ts";
import { DeviceError } from "../../../../firmware-ts/net/device-words.ts";
import { StackError } from "../../../../firmware-ts/net/stack-error.ts";
import { Lab } from "../../../support/lab.ts";
import { Operator } from "../../../support/operator.ts";
import { ROOT, sourcesIn } from "../../../support/sources.ts";

const say = (code: string, errno = "", detail = ""): string => refusalWords({ code, errno, detail, message: "as it is" });

t.test("the kernel's explanation, else the text of the errno, else the message", async (t) => {
  t.equal(say("ADDRESS_EXISTS", "EEXIST"), "Error: ipv4: Address already assigned.");
  t.equal(say("ADDRESS_MISSING", "EADDRNOTAVAIL", "10.0.0.1/8"), "Error: ipv4: Address not found.");
  t.equal(say("SCOPE_INVALID", "EINVAL"), "Error: ipv4: Invalid scope value.");
  t.equal(say("DEVICE_DOWN", "ENETDOWN"), "Error: Device for nexthop is not up.");
  t.equal(say("ROUTE_UNREACHABLE", "ENETUNREACH"), "Error: Nexthop has invalid gateway.");
  t.equal(say("SOURCE_INVALID", "EINVAL"), "Error: Invalid prefsrc address.");
  t.equal(say("ROUTE_INVALID", "EINVAL", "10.0.0.1/8"), "Error: Invalid prefix for given prefix length.");
  t.equal(say("ROUTE_EXISTS", "EEXIST"), "RTNETLINK answers: File exists");
  t.equal(say("ROUTE_MISSING", "ESRCH"), "RTNETLINK answers: No such process");
  t.equal(say("ROUTE_NOT_THERE", "ENOENT"), "RTNETLINK answers: No such file or directory");
  t.equal(say("ROUTE_NO_DEVICE", "ENODEV"), "RTNETLINK answers: No such device");
  t.equal(say("UNREACHABLE", "ENETUNREACH", "10.0.0.1"), "RTNETLINK answers: Network is unreachable");
  t.equal(say("NTABLE_MISSING", "ENOENT", "x"), "RTNETLINK answers: No such file or directory");
  t.equal(say("MTU_TOO_SMALL", "EINVAL"), "Error: mtu less than device minimum.");
  t.equal(say("MTU_TOO_LARGE", "EINVAL"), "Error: mtu greater than device maximum.");
  t.equal(say("ADDRESS_INVALID", "EADDRNOTAVAIL"), "RTNETLINK answers: Cannot assign requested address");
  t.equal(say("FAMILY_UNSUPPORTED", "EAFNOSUPPORT", "fe80::1"), "RTNETLINK answers: Address family not supported by protocol");
  t.equal(say("NETNS_UNKNOWN", "ENOENT", "blue"), 'Cannot open network namespace "blue": No such file or directory');
  t.equal(say("FILE_UNKNOWN", "ENOENT", "/proc/x"), "cat: /proc/x: No such file or directory");
  t.equal(say("GROUP_INVALID", "EINVAL"), "RTNETLINK answers: Invalid argument");
  t.equal(say("GROUP_NOT_JOINED", "ENOENT"), "RTNETLINK answers: No such file or directory");
  t.equal(say("ADDRESS_IN_USE"), "as it is");
  t.equal(say("NO_DEVICE", "ENODEV", "constructor"), 'Cannot find device "constructor"');
  t.equal(say("constructor", "toString", "__proto__"), "as it is");
  t.equal(
    pingRefusalWords({ code: "UNREACHABLE", errno: "ENETUNREACH", detail: "" }, false),
    "ping: connect: Network is unreachable",
  );
  t.equal(pingRefusalWords({ code: "UNREACHABLE", errno: "EHOSTUNREACH", detail: "" }, false), "ping: connect: No route to host");
  t.equal(pingRefusalWords({ code: "PING_IDS", errno: "", detail: "" }, false), undefined);
});

t.test("errors of the stack have a code and an errno", async (t) => {
  for (const [error, errno] of [
    [new NeighError("EXISTS"), "EEXIST"],
    [new InetError("ADDRESS_IN_USE", "in use"), "EADDRINUSE"],
    [new DeviceError("ADDRESS_INVALID", "a group address"), "EADDRNOTAVAIL"],
    [new ParameterError("EINVAL", "too large"), "EINVAL"],
  ] as const) {
    t.ok(error instanceof StackError);
    t.match(error, { errno, code: /^[A-Z_]+$/, detail: "" });
  }
});

t.test("grammar: text that is no address of the family, before the stack is asked", async (t) => {
  const lab = await Lab.open();
  const operator = new Operator(lab.stack);
  const rows: [line: string, printed: string][] = [
    ["ip n add 10.0.0.60/24 dev eth0", 'Error: any valid address is expected rather than "10.0.0.60/24".\n[1]'],
    ["ip -4 n add ::1 dev eth0", 'Error: inet address is expected rather than "::1".\n[1]'],
    ["ip -6 n add 10.0.0.1 dev eth0", 'Error: inet6 address is expected rather than "10.0.0.1".\n[1]'],
    ["ip n show 10.0.0.50/33", 'Error: any valid prefix is expected rather than "10.0.0.50/33".\n[1]'],
    ["ip n show fe80::/129", 'Error: any valid prefix is expected rather than "fe80::/129".\n[1]'],
    ["ip n add 10.0.0.60 dev eth0 lladdr zz", '"zz" is invalid lladdr.\n[1]'],
    ["ip n add 10.0.0.60 dev eth0 nud bad", 'Error: argument "bad" is wrong: nud state is bad\n[255]'],
  ];
  for (const [line, printed] of rows) t.equal(await operator.type(line), printed, line);
});

t.test("IPv6: the stack refuses it with a code; a dump of it is empty", async (t) => {
  const lab = await Lab.open();
  const operator = new Operator(lab.stack);
  await operator.type("ip n add 10.0.0.50 dev eth0 lladdr 02:00:00:00:00:07");
  const unsupported = "RTNETLINK answers: Address family not supported by protocol\n[2]";
  for (const line of [
    "ip n add fe80::1 dev eth0 lladdr 02:00:00:00:00:07",
    "ip -6 n del fe80::1 dev eth0",
    "ip n get fe80::1 dev eth0",
    "ip a add fd00::1/64 dev eth0",
    "ip r add fd00::/64 dev eth0",
    "ip -6 r get ::ffff:10.0.0.1",
  ]) {
    t.equal(await operator.type(line), unsupported, line);
  }
  for (const line of [
    "ip -6 n",
    "ip n show fe80::/64",
    "ip -6 n flush all",
    "ip -6 r",
    "ip r show fd00::/8",
    "ip -6 ntable",
    "ip -6 a",
  ]) {
    t.equal(await operator.type(line), "", line);
  }
  t.equal(await operator.type("ip -6 n show dev nope"), 'Cannot find device "nope"\n[1]');
  t.match(await operator.type("ip n"), /^10\.0\.0\.50 dev eth0 /, "and nothing was flushed");
});

t.test("no other room says what `ip` prints", async (t) => {
  for (const [path, text] of sourcesIn(ROOT, ["firmware-ts"])) {
    if (path.includes("control/iproute/")) continue;
    const found = /"[^"]*(RTNETLINK answers|Error: (ipv4|argument)|Cannot find device)/.exec(text);
    t.equal(found, null, path);
  }
});
