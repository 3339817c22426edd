/** docs/control-methods.md, made from the methods' schemas. `npm run methods` writes it; page.test.ts holds it up to date. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describeMethods, type Field } from "../../../../firmware-ts/control/methods/describe.ts";

export const PAGE: URL = new URL("../../../../docs/control-methods.md", import.meta.url);

const HEAD = `# Control methods

A running instance answers JSON-RPC 2.0 on its control socket, one object a line (\`firmware-ts/control/rpc/\`):

    -> {"jsonrpc":"2.0","id":1,"method":"neigh.show","params":{"dev":"eth0"}}
    <- {"jsonrpc":"2.0","id":1,"result":[{"dst":"192.168.10.1","dev":"eth0","state":["REACHABLE"],…}]}
    <- {"jsonrpc":"2.0","id":2,"error":{"code":1,"message":"no device is called \\"eth7\\"","data":{"code":"NO_DEVICE","errno":"ENODEV","detail":"eth7"}}}

From TypeScript: \`new ControlClient(new RpcClient(await connectSocket(path)))\`; names, parameters and results are typed.

A parameter that is null is left out, and one that no method knows is ignored. Every method takes \`netns\`, the name of a network
namespace; without it the initial one is asked. A method that goes on tells of what happens in notifications, which come before its answer.

\`data.code\` is stable. Besides the codes that stand with each method every method refuses with \`INVALID_PARAMS\` (the message names the
parameter) and \`NETNS_UNKNOWN\`. \`data.errno\` is that of Linux for the same refusal, \`data.detail\` the name or value that was
refused, or a finer reason. The words that \`ip\` prints for a refusal are made of these by \`firmware-ts/control/iproute/\`.

An instance takes 64 connections. A connection has at most 256 requests without an answer, 16 subscriptions among them, and all connections
together 1024 and 256: a further request is refused with \`REQUESTS_LIMIT\` or \`SUBSCRIPTIONS_LIMIT\`. Requests wait while their client leaves a
mebibyte of answers unread. An error with \`id\` null is about the connection, which is closed behind it: \`CONNECTIONS_LIMIT\`,
\`LINE_TOO_LONG\` (a request has at most 1048576 characters), or \`SLOW_READER\` for a client that leaves 8 MiB of notifications unread, or a
part of 64 MiB that all clients leave.

This page is made from the schemas in \`firmware-ts/control/methods/\` by \`npm run methods\`.
`;

/** The page as it should be. */
export function methodsPage(): string {
  const { methods, shapes } = describeMethods();
  const named = new Set(shapes.map(({ name }) => name));
  const linked = (form: string): string => {
    const [, name = "", rest = ""] = /^(.*?)(\[\])?$/.exec(form) ?? [];
    return named.has(name) ? `[${name}](#${name.replaceAll(" ", "-")})${rest}` : `\`${form}\``;
  };
  const table = (title: string, fields: readonly Field[]): string[] => [
    "",
    `| ${title} | form | |`,
    "|---|---|---|",
    ...fields.map(
      ({ name, form, optional, meaning }) =>
        `| \`${name}\`${optional ? "?" : ""} | ${linkedPlain(form, linked, named)} | ${meaning} |`,
    ),
  ];
  const sections = methods.flatMap(({ name, about, params, result, notes, errors }) => [
    "",
    `## ${name}`,
    "",
    about,
    ...(params.length > 0 ? table("parameter", params) : []),
    ...notes.flatMap((note) => table(`notification \`${note.name}\``, note.fields)),
    "",
    `Result: ${linked(result)}.${errors.length > 0 ? ` Errors: ${errors.map((code) => `\`${code}\``).join(", ")}.` : ""}`,
  ]);
  const shown = shapes.flatMap(({ name, fields }) => ["", `### ${name}`, ...table("field", fields)]);
  return `${[HEAD.trimEnd(), ...sections, "", "## Shapes", ...shown].join("\n")}\n`;
}

/** Forms are plain words in a table, but for those that look like code. */
function linkedPlain(form: string, linked: (form: string) => string, named: ReadonlySet<string>): string {
  return named.has(form.replace(/\[\]$/, "")) || /[{[\]]/.test(form) ? linked(form) : form;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(PAGE, methodsPage());
