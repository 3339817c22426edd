/** TCP: handshakes, odd segments in each state, time-outs, windows, and what the neighbour table learns of it. A chapter is a file of cases. */
import { patientLast, type Suite } from "../../contract/case.ts";
import { endings } from "./endings.ts";
import { handshakes } from "./handshakes.ts";
import { paths } from "./paths.ts";
import { segments } from "./segments.ts";
import { sending } from "./sending.ts";
import { windows } from "./windows.ts";

export const tcp: Suite = {
  name: "tcp",
  title: "TCP: handshakes, odd segments, time-outs, windows, neighbours",
  cases: patientLast([...segments(4), ...segments(6), ...endings, ...handshakes, ...sending, ...windows, ...paths]),
};
