/** The picture of a comparison: bars as long as they should be, readable on paper, and harmless whatever the names are. */
import t from "tap";
import { type Chart, chartSvg } from "../../../../firmware-ts/board/energy/chart.ts";

const DAY = 86_400_000;
const CHART: Chart = {
  title: "Energy of bench, by strategy",
  subtitle: "2d of virtual time",
  span: 2 * DAY,
  panels: [
    {
      title: "asleep",
      bars: [
        {
          label: "dynamic",
          entries: [
            { cause: "resolution", time: 1, joules: 3000 },
            { cause: "asleep", time: 1, joules: 1000 },
          ],
          note: "2 kJ a day",
        },
        { label: "static", entries: [{ cause: "asleep", time: 1, joules: 1000 }], note: "500 J a day" },
      ],
    },
  ],
  notes: ["left out, unknown: wake.energy"],
};

function widths(svg: string, cause: string): number[] {
  return [...svg.matchAll(new RegExp(`<rect x="[\\d.]+" y="\\d+" width="([\\d.]+)"[^>]*><title>${cause}: `, "g"))].map(
    ([, width]) => Number(width),
  );
}

t.test("bars are as long as joules a day: of 520 at a scale of 2 kJ", async (t) => {
  const svg = chartSvg(CHART);
  t.same(widths(svg, "ARP and ND"), [390]);
  t.same(widths(svg, "asleep"), [130, 130]);
  t.match(svg, /2\.00 kJ a day<\/text>/, "the end of the scale");
});

t.test("one file: light ground, no script, nothing from elsewhere, with words for those who do not see it", async (t) => {
  const svg = chartSvg(CHART);
  t.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 960 \d+" role="img"/);
  t.match(svg, /<rect width="960" height="\d+" fill="#ffffff"\/>/);
  t.match(svg, /<desc id="desc">asleep: dynamic 2 kJ a day; static 500 J a day<\/desc>/);
  t.notMatch(svg.replace("http://www.w3.org/2000/svg", ""), /<script|https?:|href|@import|url\(|prefers-color-scheme/);
});

t.test("names do not leave their place", async (t) => {
  const evil = `</text><script>alert(1)</script>"&\u0000\u001b`;
  const [panel] = CHART.panels;
  const svg = chartSvg({
    ...CHART,
    title: evil,
    panels: [{ title: evil, bars: panel?.bars.map((bar) => ({ ...bar, label: evil, note: evil })) ?? [] }],
    notes: [evil],
  });
  t.notMatch(svg, /<script/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  t.notMatch(svg, /[\u0000\u001b]/);
  t.equal(svg.match(/<text/g)?.length, svg.match(/<\/text>/g)?.length);
});

t.test("nothing to draw is no bar, and no division by it", async (t) => {
  const nothing = chartSvg({ ...CHART, panels: [{ title: "none", bars: [{ label: "static", entries: [], note: "0 J" }] }] });
  t.notMatch(nothing, /NaN|Infinity/);
});
