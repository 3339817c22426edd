/** Leases in files: kept over restarts, whole or not at all, and never in the way of a run. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { LeaseFiles, leaseDir } from "../../../firmware-ts/board/lease-files.ts";
import { scratch } from "../../support/own.ts";

const folder = scratch("leases");

t.test("kept for the next start, in a folder of its owner's; forgotten on demand", (t) => {
  const dir = join(folder, "state", "default");
  const complaints: string[] = [];
  const files = new LeaseFiles(dir, (why) => complaints.push(why));
  t.equal(files.load("bench/eth0/dhcp"), null);
  files.save("bench/eth0/dhcp", "one\n");
  files.save("bench/eth0/dhcp", "two\n");
  t.equal(new LeaseFiles(dir, () => undefined).load("bench/eth0/dhcp"), "two\n");
  t.same(readdirSync(dir), ["bench.eth0.dhcp"], "nothing half written beside it");
  t.same([statSync(dir).mode & 0o777, statSync(join(dir, "bench.eth0.dhcp")).mode & 0o777], [0o700, 0o600]);
  files.save("bench/eth0/dhcp", null);
  files.save("bench/eth0/dhcp", null);
  t.equal(files.load("bench/eth0/dhcp"), null);
  files.save("../../escaped", "x");
  t.same([existsSync(join(folder, "escaped")), complaints], [false, []]);
  t.end();
});

t.test("a folder that cannot be: told once, and the run goes on", (t) => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  const complaints: string[] = [];
  const files = new LeaseFiles(join(file, "default"), (why) => complaints.push(why));
  files.save("a/b", "x");
  files.save("a/b", "y");
  t.equal(complaints.length, 1);
  t.match(complaints[0], /leases are not kept over restarts: .*; set WHOHAS_STATE_DIR/);
  t.equal(files.load("a/b"), null);
  t.end();
});

t.test("a file that is too long is none", (t) => {
  const dir = join(folder, "long");
  mkdirSync(dir);
  writeFileSync(join(dir, "a"), "x".repeat(5000));
  t.equal(new LeaseFiles(dir, () => undefined).load("a"), null);
  chmodSync(dir, 0o700);
  t.equal(readFileSync(join(dir, "a")).length, 5000);
  t.end();
});

t.test("the folder, by the variables in their order", (t) => {
  const names = ["WHOHAS_STATE_DIR", "STATE_DIRECTORY", "XDG_STATE_HOME"] as const;
  const before = names.map((name) => process.env[name]);
  t.teardown(() => {
    for (const [at, name] of names.entries()) {
      if (before[at] === undefined) delete process.env[name];
      else process.env[name] = before[at];
    }
  });
  process.env["WHOHAS_STATE_DIR"] = "/a";
  process.env["STATE_DIRECTORY"] = "/b:/c";
  process.env["XDG_STATE_HOME"] = "/d";
  const seen = [leaseDir("x")];
  for (const name of names) {
    delete process.env[name];
    seen.push(leaseDir("x"));
  }
  t.same(seen.slice(0, 3), ["/a/x", "/b/x", "/d/whohas/x"]);
  t.match(seen[3], /\/whohas\/x$/);
  t.end();
});
