/** Every kind of damage a rig file can have, and the exact line that its author reads. */
import { readFileSync } from "node:fs";
import t from "tap";
import { parseRig, RigError } from "../../../firmware-ts/board/rig-file.ts";

const GOOD = readFileSync(new URL("../../fixtures/rigs/bench-pico.yaml", import.meta.url), "utf8");

/** What parseRig says of a text, line by line; empty when it says nothing. */
function complaints(text: string, file = "f"): string[] {
  try {
    parseRig(text, file);
    return [];
  } catch (error) {
    if (!(error instanceof RigError)) throw error;
    return error.message.split("\n");
  }
}

/** In bench-pico.yaml, `from` becomes `to`. */
const DAMAGES: readonly (readonly [what: string, from: string, to: string, ...lines: string[]])[] = [
  ["unknown key at the top", "seed: 7  ", "sed: 7  ", "f:3:1: sed: unknown key; did you mean seed?"],
  [
    "unknown key, nothing near",
    "seed: 7  ",
    "colour: 7  ",
    "f:3:1: colour: unknown key; what may stand here: name, seed, board, devices, routes, neighbours, sysctl, telemetry",
  ],
  [
    "unknown key in a device",
    "    mac: 02",
    "    macaddress: 02",
    "f:10:5: devices.eth0.macaddress: unknown key; what may stand here: driver, bus, fallback, mac, netns, reset, power, addresses",
  ],
  [
    "unknown key in a bus",
    "port: /dev/ttyACM0",
    "prot: /dev/ttyACM0",
    "f:8:27: devices.eth0.bus.prot: unknown key; did you mean port?",
  ],
  [
    "key of another bus",
    "port: /dev/ttyACM0,",
    "port: /dev/ttyACM0, path: /dev/spidev0.0,",
    "f:8:47: devices.eth0.bus.path: unknown key; what may stand here: kind, port, baud, spiHz, interrupt",
  ],
  ["missing port", "port: /dev/ttyACM0, ", "", "f:8:5: devices.eth0.bus.port: missing; say e.g. port: /dev/ttyACM0"],
  ["missing driver", "    driver: enc28j60\n", "", "f:6:3: devices.eth0.driver: missing; say e.g. driver: enc28j60"],
  [
    "missing bus",
    "    bus: { kind: serprog, port: /dev/ttyACM0, baud: 115200, spiHz: 10MHz }\n",
    "",
    "f:6:3: devices.eth0.bus: missing; say e.g. bus: { kind: sim }",
  ],
  [
    "missing kind",
    "kind: serprog, port",
    "port",
    "f:8:5: devices.eth0.bus.kind: missing; say e.g. kind: sim (kinds are sim, serprog, spidev, bus-pirate, qemu, interface)",
  ],
  [
    "missing lladdr",
    "lladdr: 02:00:5e:10:00:fe, ",
    "",
    "f:14:12: neighbours.static[0].lladdr: missing; say e.g. lladdr: 02:00:5e:10:00:fe",
  ],
  ["missing telemetry target", "  to: 192.168.10.1:8094\n", "", "f:16:1: telemetry.to: missing; say e.g. to: 192.168.10.1:8094"],
  ["no value", "every: 3s", "every:", "f:18:3: telemetry.every: empty; say e.g. 3s"],
  ["no value in a flow mapping", "port: /dev/ttyACM0,", "port: ,", "f:8:27: devices.eth0.bus.port: empty; say e.g. /dev/ttyACM0"],
  ["duplicate key", "    mac: 02:00:5e:10:00:01", "    driver: e1000", "f:10:5: devices.eth0.driver: given twice; first on line 7"],
  ["duplicate key at the top", "routes: [", "seed: 8\nroutes: [", "f:12:1: seed: given twice; first on line 3"],
  ["unknown driver", "driver: enc28j60", "driver: enc28j6O", "f:7:13: devices.eth0.driver: enc28j6O: did you mean enc28j60?"],
  [
    "unknown driver, nothing near",
    "driver: enc28j60",
    "driver: w5500",
    "f:7:13: devices.eth0.driver: w5500: what may stand here: enc28j60, e1000, packet, tap",
  ],
  ["unknown bus", "kind: serprog", "kind: serprg", "f:8:18: devices.eth0.bus.kind: serprg: not a bus; did you mean serprog?"],
  [
    "unknown bus, nothing near",
    "kind: serprog",
    "kind: i2c",
    "f:8:18: devices.eth0.bus.kind: i2c: not a bus; kinds are sim, serprog, spidev, bus-pirate, qemu, interface",
  ],
  [
    "bus of another driver",
    "driver: enc28j60",
    "driver: e1000",
    "f:8:18: devices.eth0.bus.kind: serprog: not a bus of e1000, which has sim, qemu",
  ],
  [
    "model as a packet device's fallback",
    "driver: enc28j60\n    bus: { kind: serprog, port: /dev/ttyACM0, baud: 115200, spiHz: 10MHz }",
    "driver: packet\n    bus: { kind: interface, name: veth0 }",
    "f:9:15: devices.eth0.fallback: simulated: packet has no model to fall back to; only chips have (enc28j60, e1000)",
  ],
  [
    "fallback that is none",
    "fallback: simulated",
    "fallback: yes",
    "f:9:15: devices.eth0.fallback: yes: what may stand here: none, simulated",
  ],
  [
    "address without prefix length",
    "192.168.10.10/24",
    "192.168.10.10",
    "f:11:17: devices.eth0.addresses[0]: 192.168.10.10: no prefix length; say e.g. 192.168.10.10/24",
  ],
  [
    "prefix length too long",
    "192.168.10.10/24",
    "192.168.10.10/33",
    "f:11:17: devices.eth0.addresses[0]: 192.168.10.10/33: the prefix length is not 0 to 32; say e.g. 192.168.10.10/24",
  ],
  [
    "no address at all",
    "192.168.10.10/24",
    "192.168.10.300/24",
    "f:11:17: devices.eth0.addresses[0]: 192.168.10.300/24: not an IPv4 address with its prefix length; say e.g. 192.168.10.10/24",
  ],
  [
    "octal octets",
    "192.168.10.10/24",
    "192.168.010.10/24",
    "f:11:17: devices.eth0.addresses[0]: 192.168.010.10/24: not an IPv4 address with its prefix length; say e.g. 192.168.10.10/24",
  ],
  [
    "subnet as address",
    "192.168.10.10/24",
    "192.168.10.0/24",
    "f:11:17: devices.eth0.addresses[0]: 192.168.10.0/24: the subnet itself, not a host on it",
  ],
  [
    "broadcast as address",
    "192.168.10.10/24",
    "192.168.10.255/24",
    "f:11:17: devices.eth0.addresses[0]: 192.168.10.255/24: the subnet's broadcast address",
  ],
  [
    "multicast address",
    "192.168.10.10/24",
    "224.0.0.1/24",
    "f:11:17: devices.eth0.addresses[0]: 224.0.0.1/24: a multicast address, not a host; say e.g. 192.168.10.1",
  ],
  [
    "loopback address",
    "192.168.10.10/24",
    "127.0.0.1/8",
    "f:11:17: devices.eth0.addresses[0]: 127.0.0.1/8: a loopback address, it never leaves the stack; say e.g. 192.168.10.1",
  ],
  [
    "address twice",
    "192.168.10.10/24",
    "192.168.10.10/24, 192.168.10.10/16",
    "f:11:35: devices.eth0.addresses[1]: 192.168.10.10: given twice, eth0 has it already",
  ],
  [
    "one address, not a list",
    "[192.168.10.10/24]",
    "192.168.10.10/24",
    "f:11:16: devices.eth0.addresses: 192.168.10.10/24: one value, where a list belongs; say e.g. [192.168.10.10/24]",
  ],
  [
    "IPv6 address",
    "192.168.10.10/24",
    "192.168.10.10/24, fd00:10::10/64",
    "f:11:35: devices.eth0.addresses[1]: fd00:10::10/64: IPv6 is not there yet; leave it out and use IPv4",
  ],
  [
    "IPv6 address that is none",
    "192.168.10.10/24",
    "192.168.10.10/24, fd00:10:::10/64",
    "f:11:35: devices.eth0.addresses[1]: fd00:10:::10/64: not an IPv4 address with its prefix length; say e.g. 192.168.10.10/24",
  ],
  [
    "IPv6 telemetry",
    "to: 192.168.10.1:8094",
    'to: "[fd00:10::1]:8094"',
    "f:17:7: telemetry.to: [fd00:10::1]:8094: IPv6 is not there yet; leave it out and use IPv4",
  ],
  [
    "IPv6 sysctl",
    "net.ipv4.neigh.eth0.gc_stale_time",
    "net.ipv6.neigh.eth0.gc_stale_time",
    "f:15:11: sysctl.net.ipv6.neigh.eth0.gc_stale_time: IPv6 is not there yet; leave it out",
  ],
  [
    "multicast MAC of a device",
    "mac: 02:00:5e:10:00:01",
    "mac: 01:00:5e:10:00:01",
    "f:10:10: devices.eth0.mac: 01:00:5e:10:00:01: a multicast address; a station's first octet is even, as in 02:00:5e:10:00:01",
  ],
  [
    "broadcast MAC of a neighbour",
    "lladdr: 02:00:5e:10:00:fe",
    "lladdr: ff:ff:ff:ff:ff:ff",
    "f:14:40: neighbours.static[0].lladdr: ff:ff:ff:ff:ff:ff: the broadcast address; a station's first octet is even, as in 02:00:5e:10:00:01",
  ],
  [
    "zero MAC",
    "mac: 02:00:5e:10:00:01",
    "mac: 00:00:00:00:00:00",
    "f:10:10: devices.eth0.mac: 00:00:00:00:00:00: no address; say e.g. 02:00:5e:10:00:01",
  ],
  [
    "short MAC",
    "mac: 02:00:5e:10:00:01",
    "mac: 02:00:5e:10:00",
    "f:10:10: devices.eth0.mac: 02:00:5e:10:00: not a MAC address; say six octets as in 02:00:5e:10:00:01",
  ],
  [
    "neighbour with the device's MAC",
    "lladdr: 02:00:5e:10:00:fe",
    "lladdr: 02:00:5e:10:00:01",
    "f:14:40: neighbours.static[0].lladdr: 02:00:5e:10:00:01: eth0's own address",
  ],
  [
    "neighbour twice",
    "dev: eth0 }]",
    "dev: eth0 }, { ip: 192.168.10.1, lladdr: 02:00:5e:10:00:fd, dev: eth0 }]",
    "f:14:78: neighbours.static[1].ip: 192.168.10.1: given twice on eth0; first in static[0]",
  ],
  [
    "neighbour with our own address",
    "ip: 192.168.10.1,",
    "ip: 192.168.10.10,",
    "f:14:18: neighbours.static[0].ip: 192.168.10.10: eth0's own address, not a neighbour's",
  ],
  [
    "neighbour with a prefix",
    "ip: 192.168.10.1,",
    "ip: 192.168.10.1/24,",
    "f:14:18: neighbours.static[0].ip: 192.168.10.1/24: an address without prefix length belongs here, as in 192.168.10.1",
  ],
  [
    "neighbour on a device that is not there",
    "dev: eth0 }]",
    "dev: eth1 }]",
    "f:14:64: neighbours.static[0].dev: eth1: no such device; did you mean eth0?",
  ],
  [
    "route that leads nowhere",
    ", via: 192.168.10.1 }]",
    " }]",
    "f:12:10: routes[0]: a route needs via, dev or both; say e.g. via: 192.168.10.1",
  ],
  [
    "route by a device that is not there",
    "via: 192.168.10.1 }]",
    "dev: wlan0 }]",
    "f:12:30: routes[0].dev: wlan0: no such device; there is eth0",
  ],
  [
    "next hop on no subnet",
    "via: 192.168.10.1 }]",
    "via: 192.168.11.1 }]",
    "f:12:30: routes[0].via: 192.168.11.1: on no subnet of any device; a next hop is a neighbour",
  ],
  [
    "next hop ourselves",
    "via: 192.168.10.1 }]",
    "via: 192.168.10.10 }]",
    "f:12:30: routes[0].via: 192.168.10.10: eth0's own address, not a next hop",
  ],
  [
    "route with host bits",
    "to: default",
    "to: 10.0.0.1/8",
    "f:12:16: routes[0].to: 10.0.0.1/8: bits are set behind the prefix; say the subnet's own address, or 10.0.0.1/32",
  ],
  [
    "default route twice",
    "via: 192.168.10.1 }]",
    "via: 192.168.10.1 }, { to: default, via: 192.168.10.2 }]",
    "f:12:52: routes[1].to: default: given twice; first in routes[0]",
  ],
  ["duration without unit", "every: 3s", "every: 3", "f:18:10: telemetry.every: 3: a duration without its unit; say e.g. 3s"],
  [
    "duration with a unit that is none",
    "every: 3s",
    "every: 3sec",
    "f:18:10: telemetry.every: 3sec: sec is not a unit of a duration; units are ms, s, m, h, d",
  ],
  ["duration of nothing", "every: 3s", "every: 0s", "f:18:10: telemetry.every: 0s: not from 1ms to 365d"],
  [
    "negative duration",
    "every: 3s",
    "every: -3s",
    "f:18:10: telemetry.every: -3s: not a duration; say a number and a unit, ms, s, m, h, d, as in 10s",
  ],
  [
    "rate in the wrong case",
    "spiHz: 10MHz",
    "spiHz: 10mhz",
    "f:8:68: devices.eth0.bus.spiHz: 10mhz: mhz is not a unit of a rate; say 10MHz",
  ],
  [
    "rate without unit",
    "spiHz: 10MHz",
    "spiHz: 10000000",
    "f:8:68: devices.eth0.bus.spiHz: 10000000: a rate without its unit; say e.g. 10000000Hz",
  ],
  [
    "rate as a duration",
    "spiHz: 10MHz",
    "spiHz: 10ms",
    "f:8:68: devices.eth0.bus.spiHz: 10ms: ms is not a unit of a rate; units are Hz, kHz, MHz, GHz",
  ],
  ["rate beyond the chip", "spiHz: 10MHz", "spiHz: 40MHz", "f:8:68: devices.eth0.bus.spiHz: 40MHz: not from 10kHz to 20MHz"],
  ["baud out of range", "baud: 115200", "baud: 50", "f:8:53: devices.eth0.bus.baud: 50: not a whole number from 300 to 12000000"],
  [
    "baud with a unit",
    "baud: 115200",
    "baud: 115k",
    "f:8:53: devices.eth0.bus.baud: 115k: not a whole number from 300 to 12000000",
  ],
  ["seed that is none", "seed: 7  ", "seed: -1 ", "f:3:7: seed: -1: not a whole number from 0 to 9007199254740991"],
  ["seed not whole", "seed: 7  ", "seed: 1.5 ", "f:3:7: seed: 1.5: not a whole number from 0 to 9007199254740991"],
  [
    "name with a space",
    "name: bench-pico",
    "name: bench pico",
    'f:2:7: name: "bench pico": not a rig\'s name: up to 64 letters, digits, ., _ or -, as in bench-pico',
  ],
  [
    "board that is none",
    "io: none",
    "io: arduino",
    "f:4:14: board.io: arduino: not a board; say none, simulated, firmata:/dev/ttyUSB0, or a johnny-five IO plugin such as raspi-io",
  ],
  [
    "lights without a board",
    "io: none",
    "io: none, leds: { link: 13 }",
    "f:4:20: board.leds: lights need a board; say e.g. io: simulated",
  ],
  [
    "pin taken twice",
    "io: none",
    "io: simulated, leds: { link: A0 }",
    "f:20:39: telemetry.sensors[0].pin: A0: taken already by board.leds.link; each part needs a pin of its own",
  ],
  ["pin that is none", "pin: A0", "pin: A 0", 'f:20:39: telemetry.sensors[0].pin: "A 0": not a pin; say e.g. A0 or 13'],
  [
    "sensor that is none",
    "kind: thermometer",
    "kind: termometer",
    "f:20:21: telemetry.sensors[0].kind: termometer: did you mean thermometer?",
  ],
  [
    "telemetry without port",
    "to: 192.168.10.1:8094",
    "to: 192.168.10.1",
    "f:17:7: telemetry.to: 192.168.10.1: no port; say e.g. 192.168.10.1:8094",
  ],
  [
    "telemetry port out of range",
    "to: 192.168.10.1:8094",
    "to: 192.168.10.1:65536",
    "f:17:7: telemetry.to: 192.168.10.1:65536: the port is not 1 to 65535; say e.g. 192.168.10.1:8094",
  ],
  [
    "telemetry to a name",
    "to: 192.168.10.1:8094",
    "to: influx.local:8094",
    "f:17:7: telemetry.to: influx.local:8094: not ADDRESS:PORT; say e.g. 192.168.10.1:8094",
  ],
  [
    "telemetry in a format that is none",
    "format: line",
    "format: json",
    "f:19:11: telemetry.format: json: what may stand here: line",
  ],
  [
    "device name with a dot",
    "  eth0:\n",
    "  eth0.1:\n",
    "f:6:3: devices.eth0.1: eth0.1: not a device's name: a letter, then up to 14 letters, digits, _ or -, as in eth0",
  ],
  ["device called lo", "  eth0:\n", "  lo:\n", "f:6:3: devices.lo: lo: the stack's own word; say e.g. eth0"],
  [
    "sysctl that is none",
    "net.ipv4.neigh.eth0.gc_stale_time: 120",
    "vm.swappiness: 1",
    "f:15:11: sysctl.vm.swappiness: not a sysctl key; say e.g. net.ipv4.neigh.eth0.gc_stale_time",
  ],
  [
    "sysctl of a device that is not there",
    "net.ipv4.neigh.eth0.gc",
    "net.ipv4.neigh.eth1.gc",
    "f:15:11: sysctl.net.ipv4.neigh.eth1.gc_stale_time: eth1: no such device; did you mean eth0?",
  ],
  [
    "sysctl with a mapping",
    "gc_stale_time: 120",
    "gc_stale_time: { a: 1 }",
    "f:15:46: sysctl.net.ipv4.neigh.eth0.gc_stale_time: one value belongs here, not several; say e.g. 120",
  ],
  [
    "port that is no path",
    "port: /dev/ttyACM0",
    "port: ttyACM0",
    "f:8:33: devices.eth0.bus.port: ttyACM0: not a serial port; say e.g. /dev/ttyACM0 or COM3",
  ],
  [
    "devices as a list",
    "devices:\n  eth0:\n    driver",
    "devices:\n  - eth0:\n    driver",
    "f:6:3: devices: a list, where a mapping belongs; say e.g. { eth0: { driver: enc28j60, bus: { kind: sim } } }",
  ],
  [
    "a list where a mapping belongs",
    "sysctl: { net.ipv4.neigh.eth0.gc_stale_time: 120 }",
    "sysctl: [net.ipv4.neigh.eth0.gc_stale_time]",
    "f:15:9: sysctl: a list, where a mapping belongs; say e.g. { net.ipv4.neigh.eth0.gc_stale_time: 120 }",
  ],
  [
    "a value where a mapping belongs",
    "board: { io: none }",
    "board: none",
    "f:4:8: board: none: one value, where a mapping belongs; say e.g. { io: simulated }",
  ],
  [
    "device with nothing",
    "    driver: enc28j60\n    bus: { kind: serprog, port: /dev/ttyACM0, baud: 115200, spiHz: 10MHz }\n    fallback: simulated              # none: refuse to start without the hardware\n    mac: 02:00:5e:10:00:01\n    addresses: [192.168.10.10/24]\n",
    "",
    "f:6:3: devices.eth0: empty, where a mapping belongs; say e.g. { driver: enc28j60, bus: { kind: sim } }",
  ],
  [
    "alias",
    "lladdr: 02:00:5e:10:00:fe",
    "lladdr: *mac",
    "f:14:40: neighbours.static[0].lladdr: anchors and aliases (& and *) are not taken; write the value out",
  ],
  [
    "anchor",
    "mac: 02:00:5e:10:00:01",
    "mac: &mac 02:00:5e:10:00:01",
    "f:10:15: devices.eth0.mac: anchors and aliases (& and *) are not taken; write the value out",
  ],
  ["tag", "pin: A0", "pin: !!str A0", "f:20:45: telemetry.sensors[0].pin: tags (!) are not taken; write the value alone"],
  [
    "merge key",
    "  every: 3s",
    "  <<: { every: 3s }",
    "f:18:3: telemetry.<<: unknown key; what may stand here: to, every, format, sensors",
  ],
  ["key of every object", "  every: 3s", "  __proto__: { every: 3s }", "f:18:3: telemetry.__proto__: unknown key"],
  ["key that is a list", "{ io: none }", "{ [io]: none }", "f:4:10: board: a key must be plain text"],
  [
    "YAML 1.1",
    "# An ENC28J60",
    "%YAML 1.1\n---\n# An ENC28J60",
    "f:1:1: YAML 1.1: rig files are YAML 1.2; leave the directive out",
  ],
  ["second document", "devices:\n", "---\ndevices:\n", "f:5:1: a second document; a rig file holds one, without ---"],
  [
    "bracket not closed",
    "[192.168.10.10/24]",
    "[192.168.10.10/24",
    "f:12:1: not YAML: flow sequence in block collection must be sufficiently indented and end with a ]",
  ],
  [
    "tab",
    "    driver: enc28j60",
    "\tdriver: enc28j60",
    "f:7:1: not YAML: a tab in the indentation; use spaces",
    "f:9:1: not YAML: all mapping items must start at the same column",
  ],
  [
    "two colons",
    "name: bench-pico",
    "name: bench: pico",
    'f:2:7: not YAML: a second ": " on one line; put the value in quotes, or on lines of its own',
  ],
  [
    "escape sequence in a value",
    "name: bench-pico",
    'name: "\\e[2Jbench"',
    'f:2:7: name: "\\u001b[2Jbench": not a rig\'s name: up to 64 letters, digits, ., _ or -, as in bench-pico',
  ],
  ["escape sequence in a key", "seed: 7  ", '"se\\u009bed": 7  ', 'f:3:1: "se\\u009bed": unknown key; did you mean seed?'],
  [
    "value that runs on",
    "port: /dev/ttyACM0",
    'port: "/dev/\ttyACM0"',
    'f:8:33: devices.eth0.bus.port: "/dev/\\ttyACM0": not a serial port; say e.g. /dev/ttyACM0 or COM3',
  ],
  [
    "interface of two devices",
    "  eth0:\n",
    "  eth1: { driver: packet, bus: { kind: interface, name: v0 } }\n  eth2: { driver: enc28j60, bus: { kind: sim, wire: v0 } }\n  eth0:\n",
    "f:7:53: devices.eth2.bus.wire: v0: eth1 has it already; each device needs one of its own",
  ],
  [
    "interface name too long",
    "    driver: enc28j60\n    bus: { kind: serprog, port: /dev/ttyACM0, baud: 115200, spiHz: 10MHz }",
    "    driver: enc28j60\n    bus: { kind: sim, wire: averyveryverylongname }",
    "f:8:29: devices.eth0.bus.wire: averyveryverylongname: not an interface's name: 1 to 15 characters without space, slash, colon or comma, as in eth1",
  ],
  [
    "probability out of range",
    "    bus: { kind: serprog, port: /dev/ttyACM0, baud: 115200, spiHz: 10MHz }",
    "    bus: { kind: sim, segment: { loss: 5%, latency: 2, corruption: 1.5 } }",
    "f:8:40: devices.eth0.bus.segment.loss: 5%: not a number from 0 to 1",
    "f:8:53: devices.eth0.bus.segment.latency: 2: a duration without its unit; say e.g. 2s",
    "f:8:68: devices.eth0.bus.segment.corruption: 1.5: not a number from 0 to 1",
  ],
  [
    "many things at once",
    "    mac: 02:00:5e:10:00:01\n    addresses: [192.168.10.10/24]\nroutes: [{ to: default, via: 192.168.10.1 }]",
    "    mac: 03:00:5e:10:00:01\n    addresses: [192.168.10.10, fd00::1/64]\nroute: []",
    "f:10:10: devices.eth0.mac: 03:00:5e:10:00:01: a multicast address; a station's first octet is even, as in 02:00:5e:10:00:01",
    "f:11:17: devices.eth0.addresses[0]: 192.168.10.10: no prefix length; say e.g. 192.168.10.10/24",
    "f:11:32: devices.eth0.addresses[1]: fd00::1/64: IPv6 is not there yet; leave it out and use IPv4",
    "f:12:1: route: unknown key; did you mean routes?",
  ],
];

for (const [what, from, to, ...lines] of DAMAGES) {
  t.test(what, async (t) => {
    t.equal(GOOD.split(from).length, 2, `the good file has ${from} once`);
    t.strictSame(complaints(GOOD.replace(from, () => to)), lines);
  });
}
