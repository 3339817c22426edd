/** The run as JUnit XML, as Jenkins, GitLab and GitHub actions read it: a test suite for each device, a test case for each case. */
import { escapeMarkup } from "../../firmware-ts/control/markup.ts";
import type { RecordedCase, RecordedResult, RunRecord } from "./record.ts";

export function junit(record: RunRecord): string {
  const suites = record.devices.map(({ name }) => suite(record, name));
  return ['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>", ...suites, "</testsuites>", ""].join("\n");
}

function suite({ cases, seed, started, tool }: RunRecord, device: string): string {
  const played = cases.flatMap((one) =>
    one.results.filter((result) => result.device === device).map((result) => ({ one, result })),
  );
  const count = (status: RecordedResult["status"]): number => played.filter(({ result }) => result.status === status).length;
  const took = played.reduce((sum, { result }) => sum + result.took, 0);
  const counts = `tests="${played.length}" failures="${count("failed")}" errors="0" skipped="${count("skipped") + count("expected")}"`;
  return [
    `<testsuite name="${xml(device)}" ${counts} time="${seconds(took)}" timestamp="${started.replace(/\.\d+Z$/, "")}">`,
    `<properties><property name="tool" value="${xml(tool)}"/><property name="seed" value="${seed}"/></properties>`,
    ...played.map(({ one, result }) => testCase(one, result)),
    "</testsuite>",
  ].join("\n");
}

function testCase({ id, title }: RecordedCase, { device, status, reason, took }: RecordedResult): string {
  const head = `<testcase classname="${xml(`${device}.${id.replace(/\/.*$/, "")}`)}" name="${xml(`${id} ${title}`)}" time="${seconds(took)}"`;
  if (status === "passed") return `${head}/>`;
  const told =
    status === "failed" ? `<failure message="${xml(reason)}"/>` : `<skipped message="${xml(skipReason(status, reason))}"/>`;
  return `${head}>${told}</testcase>`;
}

function skipReason(status: RecordedResult["status"], reason: string): string {
  return status === "expected" ? `fails as expected: ${reason}` : reason;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

/** Text for an attribute, whose line ends a reader would make spaces. */
function xml(text: string): string {
  return escapeMarkup(text).replaceAll("\n", "&#10;");
}
