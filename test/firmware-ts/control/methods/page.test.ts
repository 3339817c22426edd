/** docs/control-methods.md says what the schemas say, and a group of methods is one file and one line. */
import { readdirSync, readFileSync } from "node:fs";
import t from "tap";
import { describeMethods } from "../../../../firmware-ts/control/methods/describe.ts";
import { METHODS } from "../../../../firmware-ts/control/methods/index.ts";
import { methodsPage, PAGE } from "./page.ts";

t.test("the page is up to date: npm run methods", async (t) => {
  t.equal(readFileSync(PAGE, "utf8"), methodsPage());
});

t.test("every method, parameter and shape is described", async (t) => {
  const { methods, shapes } = describeMethods();
  t.same(
    methods.map(({ name }) => name),
    Object.keys(METHODS),
  );
  for (const { name, about, params, result } of methods) {
    t.match(about, /\.$/, name);
    t.not(result, "", name);
    for (const { name: param, form, meaning } of params) t.ok(form !== "" && meaning !== "", `${name} ${param}`);
  }
  const neigh = shapes.find(({ name }) => name === "neighbour entry");
  t.same(neigh?.fields.slice(0, 2), [
    { name: "dst", form: "string", optional: false, meaning: "", values: [] },
    { name: "dev", form: "string", optional: true, meaning: "absent for a proxy entry of every device", values: [] },
  ]);
  const show = methods.find(({ name }) => name === "neigh.show");
  t.same(show?.params.find(({ name }) => name === "protocol")?.form, "integer from 0 to 255");
  t.same(
    show?.params.find(({ name }) => name === "family")?.values,
    ["inet", "inet6", "link", "bridge", "mpls"],
    "words that a shell can complete",
  );
  t.ok(show?.params.find(({ name }) => name === "nud")?.values.includes("permanent"));
});

t.test("every group of methods is in the list", async (t) => {
  const folder = new URL("../../../../firmware-ts/control/methods/", import.meta.url);
  const index = readFileSync(new URL("index.ts", folder), "utf8");
  for (const file of readdirSync(folder)) {
    const [, group] = /export const (\w+Methods) = \{/.exec(readFileSync(new URL(file, folder), "utf8")) ?? [];
    if (group !== undefined) t.match(index, `  ...${group},`, file);
  }
});
