/** `netns.open`: whether there is a network namespace. Every method takes `netns`, which is resolved before the method runs. */
import * as v from "valibot";
import { method } from "./method.ts";

export const netnsMethods = {
  "netns.open": method({
    about: "Nothing; refused where there is no namespace `netns`.",
    params: {},
    result: v.null(),
    errors: [],
    run: () => null,
  }),
};
