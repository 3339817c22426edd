/**
 * Figures as text for Prometheus: its text format 0.0.4, and OpenMetrics 1.0, which differ in the names of counters and in the last line.
 */

/** A family of samples: one thing that is measured. */
export interface Family {
  /** Letters, digits and `_`; ends with its unit. A counter's is without `_total`. */
  readonly name: string;
  readonly type: "counter" | "gauge";
  /** A sentence for people. */
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** One number, and what it is of. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

export type MetricsStyle = "prometheus" | "openmetrics";

/** The media type of each style, as Prometheus asks for it. */
export const MEDIA_TYPES: Readonly<Record<MetricsStyle, string>> = {
  prometheus: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** Units that a name may end with, of those that OpenMetrics knows. */
const UNITS = ["seconds", "bytes"];

/** The text of families; those without a sample are left out. */
export function exposition(families: readonly Family[], style: MetricsStyle): string {
  const open = style === "openmetrics";
  let text = "";
  for (const { name, type, help, samples } of families) {
    if (samples.length === 0) continue;
    const total = type === "counter" ? `${name}_total` : name;
    const family = open ? name : total;
    text += `# HELP ${family} ${escaped(help, open)}\n# TYPE ${family} ${type}\n`;
    const unit = UNITS.find((known) => name.endsWith(`_${known}`));
    if (open && unit !== undefined) text += `# UNIT ${family} ${unit}\n`;
    for (const { labels = {}, value } of samples) text += `${total}${labelled(labels)} ${numeral(value)}\n`;
  }
  return open ? `${text}# EOF\n` : text;
}

function labelled(labels: Readonly<Record<string, string>>): string {
  const words = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value, true)}"`);
  return words.length > 0 ? `{${words.join(",")}}` : "";
}

function escaped(text: string, quotes: boolean): string {
  const plain = text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return quotes ? plain.replaceAll('"', '\\"') : plain;
}

function numeral(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  return String(value);
}

/** The style that a client likes best, by its header `Accept`. */
export function styleFor(accept: string): MetricsStyle {
  let open = 0;
  let plain = 0;
  for (const range of accept.split(",")) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith("q="));
    const weight = quality === undefined ? 1 : Number(quality.slice(2));
    if (type === "application/openmetrics-text") open = Math.max(open, weight);
    else if (type === "text/plain" || type === "text/*" || type === "*/*") plain = Math.max(plain, weight);
  }
  return open > 0 && open >= plain ? "openmetrics" : "prometheus";
}
