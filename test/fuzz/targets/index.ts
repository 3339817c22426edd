/** The list of targets, in the order of their turns. To add one: a file here that makes it, and its line. */
import type { Target } from "../target.ts";
import { E1000_FRAMES, ENC28J60_FRAMES } from "./chips.ts";
import { COAP_ANSWERS, MQTT_ANSWERS } from "./collectors.ts";
import { CONTROL } from "./control.ts";
import { DHCP } from "./dhcp.ts";
import { RECORD_FILES } from "./records.ts";
import { RIG_FILES } from "./rigs.ts";
import { RINGS } from "./rings.ts";
import { BUS_PIRATE, SERPROG } from "./serial.ts";
import { SPI } from "./spi.ts";
import { TCP_SEGMENTS } from "./tcp.ts";
import { POOLS, WIRE, WIRE6 } from "./wire.ts";
import { WRITE_BACKS } from "./write-backs.ts";

export const TARGETS: readonly Target[] = [
  WIRE,
  WIRE6,
  POOLS,
  E1000_FRAMES,
  ENC28J60_FRAMES,
  SPI,
  SERPROG,
  BUS_PIRATE,
  RINGS,
  WRITE_BACKS,
  CONTROL,
  RIG_FILES,
  RECORD_FILES,
  DHCP,
  TCP_SEGMENTS,
  COAP_ANSWERS,
  MQTT_ANSWERS,
];
