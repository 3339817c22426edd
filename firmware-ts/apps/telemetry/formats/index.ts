/** Every format of telemetry, the first one is meant where none is named: to add one, write its file and add its line here. */
import type { Format } from "../contract/format.ts";
import { coap } from "./coap.ts";
import { collectd } from "./collectd.ts";
import { line } from "./line.ts";
import { mqtt } from "./mqtt.ts";
import { statsd } from "./statsd.ts";

export const FORMATS: readonly [Format, ...Format[]] = [line, statsd, collectd, coap, mqtt];
