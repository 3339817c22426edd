/** Figures as text: both styles, what has to be escaped, and which style a client gets. */
import t from "tap";
import { exposition, type Family, styleFor } from "../../../../firmware-ts/control/metrics/exposition.ts";

const FAMILIES: readonly Family[] = [
  {
    name: "whohas_x_bytes",
    type: "counter",
    help: 'a "word", a \\ and\na line',
    samples: [{ value: 1.5 }, { labels: { name: 'q"\\\n', other: "ü" }, value: 1e21 }],
  },
  { name: "whohas_none", type: "gauge", help: "nothing", samples: [] },
  {
    name: "whohas_odd",
    type: "gauge",
    help: "odd",
    samples: [Number.NaN, Number.POSITIVE_INFINITY, -1 / 0].map((value) => ({ value })),
  },
];

t.test("the text format of Prometheus", async (t) => {
  t.equal(
    exposition(FAMILIES, "prometheus"),
    `# HELP whohas_x_bytes_total a "word", a \\\\ and\\na line
# TYPE whohas_x_bytes_total counter
whohas_x_bytes_total 1.5
whohas_x_bytes_total{name="q\\"\\\\\\n",other="ü"} 1e+21
# HELP whohas_odd odd
# TYPE whohas_odd gauge
whohas_odd NaN
whohas_odd +Inf
whohas_odd -Inf
`,
  );
});

t.test("OpenMetrics", async (t) => {
  const text = exposition(FAMILIES, "openmetrics");
  t.match(
    text,
    `# HELP whohas_x_bytes a \\"word\\", a \\\\ and\\na line
# TYPE whohas_x_bytes counter
# UNIT whohas_x_bytes bytes
whohas_x_bytes_total 1.5
`,
  );
  t.ok(text.endsWith("whohas_odd -Inf\n# EOF\n"));
  t.equal(exposition([], "openmetrics"), "# EOF\n");
});

t.test("a client gets the style that it likes best; OpenMetrics only if it names it", async (t) => {
  for (const [accept, style] of [
    ["", "prometheus"],
    ["*/*", "prometheus"],
    ["text/plain", "prometheus"],
    ["application/openmetrics-text", "openmetrics"],
    ["Application/OpenMetrics-Text; version=1.0.0; Q=0.5, text/plain;q=0.3, */*;q=0.1", "openmetrics"],
    ["application/openmetrics-text;q=0.2, text/plain;q=0.9", "prometheus"],
    ["application/openmetrics-text;q=0", "prometheus"],
    ["application/openmetrics-text;q=x", "prometheus"],
    [";;;,,,q=1", "prometheus"],
  ] as const) {
    t.equal(styleFor(accept), style, accept);
  }
});
