/** Devices that change. */
import type { Case } from "../../../contract/case.ts";
import { notices } from "./arp-notify.ts";
import { changes } from "./changes.ts";
import { afterwards } from "./others.ts";

export const device: readonly Case[] = [...changes, ...notices, ...afterwards];
