/** Neighbour discovery for IPv6 and the neighbour machine below it. A chapter is a folder of cases; to add one, add the folder and its name to the list. */
import { type Case, patientLast, type Suite } from "../../contract/case.ts";
import { answering } from "./answering/index.ts";
import { asking } from "./asking/index.ts";
import { device } from "./device/index.ts";
import { duplicates } from "./duplicates/index.ts";
import { learning } from "./learning/index.ts";
import { machine } from "./machine/index.ts";
import { proxying } from "./proxy/index.ts";
import { redirects } from "./redirects/index.ts";
import { routers } from "./routers/index.ts";
import { showing } from "./show/index.ts";

const chapters: readonly (readonly Case[])[] = [
  answering,
  learning,
  asking,
  duplicates,
  routers,
  redirects,
  proxying,
  device,
  showing,
  machine,
];

export const nd: Suite = {
  name: "nd",
  title: "neighbour discovery and the neighbour table",
  cases: patientLast(chapters.flat()),
};
