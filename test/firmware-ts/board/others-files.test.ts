/** Files that root without capabilities may use: judged by mode bits, for a user who is not the one that runs this. */
import { chmodSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { Access, mayAccess } from "../../../firmware-ts/board/others-files.ts";

t.test("the bits of one's own class decide, in every folder of the path", async (t) => {
  const top = t.testdir();
  const folder = join(top, "folder");
  const file = join(folder, "file");
  mkdirSync(folder);
  writeFileSync(file, "");
  const { uid, gid } = statSync(file);
  const owner = { uid, gid, groups: [] };
  const member = { uid: uid + 1, gid: gid + 1, groups: [gid] };
  const other = { uid: uid + 1, gid: gid + 1, groups: [] };
  const may = (wanted: number): boolean[] => [owner, member, other].map((user) => mayAccess(user, file, wanted));

  chmodSync(folder, 0o711);
  chmodSync(file, 0o640);
  t.same(may(Access.READ), [true, true, false]);
  t.same(may(Access.WRITE), [true, false, false]);
  t.same(may(Access.READ | Access.WRITE), [true, false, false], "all that is wanted");
  chmodSync(file, 0o066);
  t.same(may(Access.READ), [false, true, true], "the owner's bits hold for the owner");
  chmodSync(file, 0o666);
  chmodSync(folder, 0o710);
  t.same(may(Access.READ), [true, true, false], "a folder that may not be searched");

  const link = join(top, "link");
  symlinkSync(file, link);
  t.equal(mayAccess(owner, link, Access.READ), true, "a link is what it leads to");

  const missing = join(folder, "none", "file");
  chmodSync(folder, 0o770);
  t.same(
    [owner, member, other].map((user) => mayAccess(user, missing, Access.READ)),
    [true, true, false],
    "what is not there is to be made in the folder that is",
  );
});
