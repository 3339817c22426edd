/** Every kind of app: to add one, write its file and add its line here. */
import { givenAddress } from "./addresses/given.ts";
import { linkLocal } from "./addresses/link-local.ts";
import type { AppKind } from "./app.ts";
import { dhcpInform } from "./dhcp/inform.ts";
import { dhcp } from "./dhcp/kind.ts";
import { linkLeds } from "./link-leds.ts";
import { registrar } from "./registrar/registrar.ts";
import { telemetry } from "./telemetry/kind.ts";

export const APP_KINDS: readonly AppKind[] = [telemetry, linkLeds, dhcp, dhcpInform, linkLocal, givenAddress, registrar];
