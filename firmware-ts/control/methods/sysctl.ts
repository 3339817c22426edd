/** `sysctl.*`: the kernel's settings by their keys. */
import * as v from "valibot";
import { listSysctl, readSysctl, writeSysctl } from "../sysctl.ts";
import { maybe, needed, TEXT } from "./forms.ts";
import { method } from "./method.ts";

const KEY = needed(TEXT, "net.ipv4.neigh.eth0.locktime, or with slashes");

export const sysctlMethods = {
  "sysctl.read": method({
    about: "The value of a setting.",
    params: { key: KEY },
    result: v.string(),
    errors: ["SYSCTL_UNKNOWN"],
    run: ({ stack }, { key }) => readSysctl(stack, key),
  }),
  "sysctl.write": method({
    about: "Writes a setting, as `echo VALUE >` into its file does.",
    params: { key: KEY, value: needed(TEXT, "value") },
    result: v.null(),
    errors: ["SYSCTL_UNKNOWN", "SYSCTL_INVALID"],
    run({ stack }, { key, value }) {
      writeSysctl(stack, key, value);
      return null;
    },
  }),
  "sysctl.list": method({
    about: "Keys with their values, in the order of `sysctl -a`.",
    params: { under: maybe(TEXT, "a key or a folder of keys; default all") },
    result: v.array(v.tuple([v.string(), v.string()])),
    errors: [],
    run: ({ stack }, { under = "" }) => listSysctl(stack, under),
  }),
};
