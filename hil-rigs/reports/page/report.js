// @ts-check
/**
 * The report's page: opens cases, draws their ladders, searches. Texts come from devices under test, so they only ever become text nodes.
 *
 * @typedef {{ at: number, way: string, text: string, more: string, stimulus: boolean, changes: [number, string, string][] }} Rung
 * @typedef {{ device: string, status: string, reason: string, notes: string[], entries: string[], rungs: Rung[] }} Result
 * @typedef {{ source: string, results: Result[] }} Shown
 */
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  /** Columns of a ladder, in px: the lifelines, and the first band with the width of each. */
  const TESTER = 84;
  const DEVICE = 524;
  const BANDS = 540;
  const BAND = 136;
  const LINE = 15;
  const HEAD = 34;
  /** Characters of a line between the lifelines, and most lines of a step. */
  const WIDTH = 58;
  const LINES = 6;

  /** Those of all cases, by the case's id. @type {Promise<Record<string, Shown>> | null} */
  let unpacked = null;

  /** The ladders of all cases, unpacked when the first is asked for. */
  async function unpack() {
    const packed = document.getElementById("ladders")?.textContent ?? "";
    const bytes = Uint8Array.from(atob(packed), (each) => each.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).json();
  }

  /**
   * @param {string} name
   * @param {Record<string, string | number>} attributes
   * @param {string} [text]
   */
  function svg(name, attributes, text) {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
    if (text !== undefined) element.textContent = text;
    return element;
  }

  /**
   * @param {string} name
   * @param {string} text
   * @param {string} [style] its class
   */
  function element(name, text, style) {
    const made = document.createElement(name);
    made.textContent = text;
    if (style) made.className = style;
    return made;
  }

  /** @param {string} text */
  function lines(text) {
    const found = [];
    let rest = text;
    while (rest.length > WIDTH && found.length < LINES - 1) {
      const space = rest.lastIndexOf(" ", WIDTH);
      const end = space > WIDTH / 2 ? space : WIDTH;
      found.push(rest.slice(0, end));
      rest = rest.slice(end).trimStart();
    }
    found.push(rest.length > WIDTH ? `${rest.slice(0, WIDTH - 1)}…` : rest);
    return found;
  }

  /** @param {Rung} rung */
  function height(rung) {
    const arrow = rung.way === "left" || rung.way === "right";
    return lines(rung.text).length * LINE + (arrow ? 10 : 6);
  }

  /**
   * Where each rung of each ladder stands: a stimulus, which all devices had, stands at the same height in all of them.
   * @param {readonly Result[]} results
   * @returns {{ tops: number[][], end: number }}
   */
  function layout(results) {
    /** @type {number[][]} */
    const tops = results.map(() => []);
    const next = results.map(() => 0);
    let y = HEAD;
    while (results.some(({ rungs }, at) => (next[at] ?? 0) < rungs.length)) {
      let furthest = y;
      for (const [at, { rungs }] of results.entries()) {
        let own = y;
        let index = next[at] ?? 0;
        do {
          const rung = rungs[index];
          if (!rung) break;
          tops[at]?.push(own);
          own += height(rung);
          index++;
        } while (!rungs[index]?.stimulus);
        next[at] = index;
        furthest = Math.max(furthest, own);
      }
      y = furthest;
    }
    return { tops, end: y + 10 };
  }

  /**
   * @param {Result} result
   * @param {readonly number[]} tops
   * @param {number} end
   */
  function ladder(result, tops, end) {
    const { rungs, entries, device } = result;
    const width = BANDS + Math.max(1, entries.length) * BAND;
    const drawing = svg("svg", { viewBox: `0 0 ${width} ${end}`, width, height: end, role: "img", class: "ladder" });
    drawing.append(svg("title", {}, `Ladder of ${device}: ${rungs.length} steps`));
    drawing.append(svg("text", { x: TESTER, y: 14, class: "head", "text-anchor": "middle" }, "tester"));
    drawing.append(svg("text", { x: DEVICE, y: 14, class: "head", "text-anchor": "end" }, device));
    for (const x of [TESTER, DEVICE]) drawing.append(svg("line", { x1: x, y1: 20, x2: x, y2: end, class: "life" }));
    for (const [at, name] of entries.entries())
      drawing.append(svg("text", { x: BANDS + at * BAND + 4, y: 14, class: "head" }, name.replace(" dev e0", "")));
    bands(drawing, result, tops, end);
    const firstWrong = rungs.findIndex(({ way }) => way === "wrong");
    for (const [at, rung] of rungs.entries()) {
      const y = tops[at] ?? 0;
      const group = svg("g", { class: `rung ${rung.way}${at === firstWrong ? " deciding" : ""}` });
      if (rung.more !== "") group.append(svg("title", {}, rung.more));
      if (at === firstWrong) group.append(svg("rect", { x: 2, y, width: DEVICE - 6, height: height(rung), class: "verdict" }));
      group.append(svg("text", { x: TESTER - 10, y: y + 12, class: "time", "text-anchor": "end" }, rung.at.toFixed(1)));
      const mark = { operator: "$ ", ok: "✓ ", wrong: "✗ " }[rung.way] ?? "";
      for (const [line, text] of lines(rung.text).entries())
        group.append(svg("text", { x: TESTER + 12, y: y + 12 + line * LINE }, line === 0 ? mark + text : text));
      if (rung.way === "right" || rung.way === "left") group.append(arrow(rung.way, y + height(rung) - 6));
      drawing.append(group);
    }
    return drawing;
  }

  /**
   * @param {string} way
   * @param {number} y
   */
  function arrow(way, y) {
    const [from, to, back] = way === "right" ? [TESTER, DEVICE, -8] : [DEVICE, TESTER, 8];
    return svg("path", { d: `M${from} ${y}H${to}m${back} -4l${-back} 4l${back} 4`, class: "arrow" });
  }

  /**
   * @param {Element} drawing
   * @param {Result} result
   * @param {readonly number[]} tops
   * @param {number} end
   */
  function bands(drawing, { rungs, entries }, tops, end) {
    for (const entry of entries.keys()) {
      const x = BANDS + entry * BAND;
      const changes = rungs.flatMap(({ changes }, at) =>
        changes.filter(([index]) => index === entry).map(([, state, more]) => ({ y: tops[at] ?? 0, state, more })),
      );
      for (const [at, { y, state, more }] of changes.entries()) {
        const until = changes[at + 1]?.y ?? end;
        if (state === "") continue;
        const band = svg("g", { class: `band nud-${state.toLowerCase()}` });
        band.append(svg("title", {}, `${entries[entry]} ${state} ${more}`));
        band.append(svg("rect", { x, y, width: BAND - 8, height: Math.max(4, until - y) }));
        band.append(svg("line", { x1: DEVICE, y1: y, x2: x, y2: y, class: "tick" }));
        if (until - y >= LINE - 2) band.append(svg("text", { x: x + 5, y: y + 12 }, state));
        for (const [line, words] of more.split(/ (?=probes)/).entries())
          if (more !== "" && until - y >= (line + 2) * LINE)
            band.append(svg("text", { x: x + 5, y: y + 25 + line * LINE, class: "more" }, words));
        drawing.append(band);
      }
    }
  }

  /**
   * @param {HTMLElement} place
   * @param {Shown} shown
   */
  function open(place, { source, results }) {
    place.append(element("p", `Source: ${source}`, "source"));
    const played = results.filter(({ rungs }) => rungs.length > 0);
    const { tops, end } = layout(played);
    const side = element("div", "", "side");
    for (const result of results) {
      const figure = document.createElement("figure");
      const caption = element("figcaption", `${result.device}: ${result.status}`, result.status);
      figure.append(caption);
      if (result.reason !== "") figure.append(element("p", result.reason, "reason"));
      for (const note of result.notes) figure.append(element("p", note, "reason"));
      const at = played.indexOf(result);
      if (at >= 0) figure.append(ladder(result, tops[at] ?? [], end));
      side.append(figure);
    }
    place.append(side);
  }

  /** @param {HTMLTableRowElement} row */
  async function toggle(row) {
    const button = row.querySelector("button");
    const shown = row.nextElementSibling;
    if (shown?.className === "opened") {
      shown.remove();
      button?.setAttribute("aria-expanded", "false");
      return;
    }
    button?.setAttribute("aria-expanded", "true");
    const below = document.createElement("tr");
    below.className = "opened";
    const cell = document.createElement("td");
    cell.colSpan = row.cells.length;
    below.append(cell);
    row.after(below);
    unpacked ??= unpack();
    const found = (await unpacked)[row.dataset["id"] ?? ""];
    if (found) open(cell, found);
  }

  const rows = /** @type {HTMLTableRowElement[]} */ ([...document.querySelectorAll("#list tbody tr")]);
  const words = /** @type {HTMLInputElement} */ (document.getElementById("words"));
  const status = /** @type {HTMLSelectElement} */ (document.getElementById("status"));
  const count = /** @type {HTMLOutputElement} */ (document.getElementById("count"));

  function filter() {
    for (const opened of document.querySelectorAll("tr.opened")) opened.remove();
    for (const button of document.querySelectorAll("#list button")) button.setAttribute("aria-expanded", "false");
    const wanted = words.value.toLowerCase();
    let left = 0;
    for (const row of rows) {
      const fits = (row.textContent ?? "").toLowerCase().includes(wanted);
      row.hidden = !(fits && (status.value === "" || row.querySelector(`td.${status.value}`)));
      if (!row.hidden) left++;
    }
    count.value = `${left} of ${rows.length} cases`;
  }

  for (const row of rows) {
    const button = row.querySelector("button");
    button?.setAttribute("aria-expanded", "false");
    button?.addEventListener("click", () => {
      history.replaceState(null, "", `#${row.dataset["id"]}`);
      toggle(row);
    });
  }
  document.getElementById("filter")?.addEventListener("submit", (event) => event.preventDefault());
  words.addEventListener("input", filter);
  status.addEventListener("change", filter);
  filter();

  // The case that the address names, else the first that failed.
  const named = rows.find((row) => row.dataset["id"] === decodeURIComponent(location.hash.slice(1)));
  const first = named ?? rows.find((row) => row.querySelector("td.failed"));
  if (first) toggle(first).then(() => named?.scrollIntoView());
})();
