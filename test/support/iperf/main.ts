/**
 * iperf3's client or server as a program, in JSON: `main.ts client HOST SECONDS STREAMS [reverse]`, `main.ts server TESTS`. The server ends after
 * so many tests.
 */
import { runClient } from "./client.ts";
import { serve } from "./server.ts";

const PORT = 5201;

const [kind, ...words] = process.argv.slice(2);
if (kind === "client") {
  const [host = "", seconds, parallel, direction] = words;
  const reverse = direction === "reverse";
  const outcome = await runClient({ host, port: PORT, seconds: Number(seconds), parallel: Number(parallel), reverse });
  console.log(JSON.stringify(outcome));
} else {
  let left = Number(words[0]);
  const server = serve(PORT, (outcome) => {
    console.log(JSON.stringify(outcome));
    if (--left === 0) server.close();
  });
  server.on("listening", () => console.log('"listening"'));
}
