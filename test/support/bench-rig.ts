/** The built-in bench as the rig file that it could be. */
export const BENCH_RIG = `name: bench
seed: 1
board:
  io: simulated
  leds: { link: "13", activity: "12" }
devices:
  eth0:
    driver: enc28j60
    bus: { kind: sim }
    addresses: [192.168.10.10/24]
routes: [{ to: default, via: 192.168.10.1 }]
telemetry:
  to: 192.168.10.1:8094
  every: 3s
  sensors: [{ kind: thermometer, pin: A0 }]
`;
