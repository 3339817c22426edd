/** The comparison as a picture: bars of joules a day, in the colours of their causes. One SVG file, for a screen and for paper, without a script. */
import { escapeMarkup } from "../../control/markup.ts";
import { formatQuantity } from "../rig/electric.ts";
import type { Cause, LedgerEntry } from "./ledger.ts";

/** One bar. */
export interface ChartBar {
  readonly label: string;
  readonly entries: readonly LedgerEntry[];
  /** Text behind the bar. */
  readonly note: string;
}

/** Bars with a scale of their own. */
export interface ChartPanel {
  readonly title: string;
  readonly bars: readonly ChartBar[];
}

export interface Chart {
  readonly title: string;
  /** A line below the title. */
  readonly subtitle: string;
  /** ms, for joules a day. */
  readonly span: number;
  readonly panels: readonly ChartPanel[];
  /** Lines at the foot. */
  readonly notes: readonly string[];
}

/** The colours of Okabe and Ito, which people with any colour vision tell apart, and greys for the time in which nothing happens. */
const LOOKS: Readonly<Record<Cause, readonly [words: string, colour: string]>> = {
  sent: ["frames sent", "#0072b2"],
  received: ["frames received", "#56b4e9"],
  resolution: ["ARP and ND", "#d55e00"],
  bus: ["bus", "#009e73"],
  waking: ["waking", "#e69f00"],
  waiting: ["awake, waiting", "#9a9a9a"],
  asleep: ["asleep", "#d9d9d9"],
};
const DAY = 86_400_000;
const WIDTH = 960;
const LEFT = 130;
/** Room for bars; notes stand behind it. */
const BAR_ROOM = 520;
const BAR_HEIGHT = 26;
const BAR_STEP = 38;
const PANEL_HEAD = 34;
const PANEL_FOOT = 40;
const HEAD = 96;
const NOTE_STEP = 18;
const TICKS = 4;

export function chartSvg({ title, subtitle, span, panels, notes }: Chart): string {
  const lines: string[] = [];
  let y = HEAD;
  for (const panel of panels) {
    lines.push(...panelLines(panel, span, y));
    y += PANEL_HEAD + panel.bars.length * BAR_STEP + PANEL_FOOT;
  }
  for (const note of notes) {
    lines.push(text(20, y, "small", note));
    y += NOTE_STEP;
  }
  const told = panels.map((panel) => `${panel.title}: ${panel.bars.map(({ label, note }) => `${label} ${note}`).join("; ")}`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 10}" role="img" aria-labelledby="title desc" font-family="system-ui, 'DejaVu Sans', sans-serif" font-size="15">`,
    `  <title id="title">${escapeMarkup(title)}</title>`,
    `  <desc id="desc">${escapeMarkup(told.join(". "))}</desc>`,
    "  <style>text { fill: #1f2328; } .head { font-size: 19px; font-weight: 600; } .panel { font-weight: 600; } .small { font-size: 12.5px; fill: #57606a; paint-order: stroke; stroke: #ffffff; stroke-width: 3px; }</style>",
    `  <rect width="${WIDTH}" height="${y + 10}" fill="#ffffff"/>`,
    text(20, 30, "head", title),
    text(20, 52, "small", subtitle),
    ...legend(),
    ...lines,
    "</svg>",
    "",
  ].join("\n");
}

function legend(): string[] {
  let x = 20;
  return Object.values(LOOKS).flatMap(([words, colour]) => {
    const at = x;
    x += 34 + words.length * 7.2;
    return [swatch(at, 66, 14, 14, colour), text(at + 20, 78, "small", words)];
  });
}

function panelLines({ title, bars }: ChartPanel, span: number, top: number): string[] {
  const days = span / DAY;
  const totals = bars.map(({ entries }) => entries.reduce((sum, { joules }) => sum + joules, 0) / days);
  const scale = niceTop(Math.max(...totals));
  const lines = [text(20, top + 18, "panel", title)];
  const base = top + PANEL_HEAD;
  const bottom = base + bars.length * BAR_STEP;
  for (let tick = 0; tick <= TICKS; tick++) {
    const x = LEFT + (BAR_ROOM * tick) / TICKS;
    lines.push(`  <path d="M${x} ${base - 4}V${bottom}" stroke="#d0d7de"/>`);
    const words = tick === TICKS ? `${formatQuantity(scale, "J")} a day` : formatQuantity((scale * tick) / TICKS, "J");
    lines.push(text(x, bottom + 16, "small", words, "middle"));
  }
  for (const [at, { label, entries, note }] of bars.entries()) {
    const y = base + at * BAR_STEP + 4;
    lines.push(text(LEFT - 10, y + 18, "", label, "end"));
    let x = LEFT;
    for (const { cause, joules } of entries) {
      const width = scale > 0 ? (BAR_ROOM * joules) / days / scale : 0;
      if (width > 0)
        lines.push(
          swatch(x, y, width, BAR_HEIGHT, LOOKS[cause][1], `${LOOKS[cause][0]}: ${formatQuantity(joules / days, "J")} a day`),
        );
      x += width;
    }
    lines.push(text(Math.max(x, LEFT) + 8, y + 18, "small", note));
  }
  return lines;
}

/** The least of 1, 2, 4, 8 and their tenfolds that holds the value, so that a quarter of it is a round number, too. */
function niceTop(value: number): number {
  if (!(value > 0)) return 0;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 4, 8, 10].find((step) => step * power >= value) ?? 10);
}

function swatch(x: number, y: number, width: number, height: number, colour: string, words?: string): string {
  const shape = `x="${round(x)}" y="${y}" width="${round(width)}" height="${height}" fill="${colour}" stroke="#57606a" stroke-width="0.5"`;
  return words === undefined ? `  <rect ${shape}/>` : `  <rect ${shape}><title>${escapeMarkup(words)}</title></rect>`;
}

function text(x: number, y: number, look: string, words: string, anchor = "start"): string {
  const classes = look === "" ? "" : ` class="${look}"`;
  return `  <text x="${round(x)}" y="${y}"${classes}${anchor === "start" ? "" : ` text-anchor="${anchor}"`}>${escapeMarkup(words)}</text>`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
