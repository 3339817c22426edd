/**
 * Turns YAML text into plain values and keeps the place of each, so that a later check can point at the one that it refuses.
 *
 * All scalars stay text as they were written: the schema decides whether one is a number, an address or a name, and not YAML's guesses
 * (`pin: 010`, `name: 1e3`). Anchors, aliases, tags and a second document are refused: no rig needs them, and a small hostile file
 * cannot grow into a large value.
 */
import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  Parser,
  type YAMLError,
} from "yaml";
import { show } from "./rig/wording.ts";

export type Path = readonly (string | number)[];
export type YamlValue = string | YamlValue[] | { [key: string]: YamlValue };

/** Something wrong, at a place counted from 1. */
export interface RigProblem {
  readonly line: number;
  /** In UTF-16 code units. */
  readonly column: number;
  /** The key it is about: `devices.eth0.bus.port`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
  readonly code: "RIG_INVALID";
}

/** Longest file that is read, in UTF-16 code units: a rig is some 20 lines, and time to parse grows with the text. */
const MAX_TEXT = 128 * 1024;
/** Collections inside each other; a rig is 5 deep. */
const MAX_DEPTH = 16;
/** Names that mean something to every JavaScript object. */
const NOT_A_KEY = new Set(["__proto__", "prototype", "constructor"]);

/** The place of a node: offsets into the text. */
interface Located {
  readonly key: number;
  readonly value: number;
  readonly children: Map<string | number, Located>;
}

/** A file that was read: its value, and its faults as YAML. */
export class YamlFile {
  /** The text is not YAML, or not a mapping: there is nothing to check further. */
  readonly unreadable: boolean;
  value: YamlValue = {};
  readonly problems: RigProblem[] = [];
  readonly #lines = new LineCounter();
  /** Values that were refused here and stand as empty: nothing more is said about them. */
  readonly #refused = new Set<string>();
  #root: Located = { key: 0, value: 0, children: new Map() };

  constructor(text: string) {
    if (text.length > MAX_TEXT) {
      this.#at(0, [], `${text.length} characters; a rig file has at most ${MAX_TEXT}`);
      this.unreadable = true;
    } else {
      this.unreadable = !this.#parse(text);
    }
  }

  /** Notes a problem with the value at `path`, or with its key; if it is missing, at the nearest thing around it. */
  note(path: Path, message: string, options: { readonly key?: boolean } = {}): void {
    if (this.#refused.has(formatPath(path))) return;
    let located = this.#root;
    let inner = options.key === true;
    for (const step of path) {
      const child = located.children.get(step);
      if (!child) {
        inner = true;
        break;
      }
      located = child;
    }
    this.#at(inner ? located.key : located.value, path, message);
  }

  #at(offset: number, path: Path, message: string): void {
    const { line, col } = this.#lines.linePos(offset);
    this.problems.push({ line: Math.max(1, line), column: Math.max(1, col), path: formatPath(path), message, code: "RIG_INVALID" });
  }

  /** False when there is nothing to check further. */
  #parse(text: string): boolean {
    const tokens = [...new Parser(this.#lines.addNewLine).parse(text)];
    const deep = tooDeep(tokens);
    if (deep !== null) {
      this.#at(deep, [], "nested too deep");
      return false;
    }
    // failsafe: no guessing of types. Keys are checked below, where the path is known.
    const options = { version: "1.2", schema: "failsafe", uniqueKeys: false, prettyErrors: false, logLevel: "error" } as const;
    const documents: Document.Parsed[] = [...new Composer<ParsedNode>(options).compose(tokens, true, text.length)];
    const [document, second] = documents;
    if (!document) return true;
    this.#syntax(document.errors);
    if (second) this.#at(second.range[0], [], "a second document; a rig file holds one, without ---");
    if (this.problems.length > 0) return false;
    const { yaml } = document.directives;
    if (yaml.explicit && yaml.version !== "1.2")
      this.#at(0, [], `YAML ${yaml.version}: rig files are YAML 1.2; leave the directive out`);
    const root = document.contents;
    if (root === null || (isScalar(root) && root.source === "")) return true;
    if (!isMap(root)) {
      this.#at(root.range[0], [], "not a rig: name: value pairs stand here; say e.g. devices: { eth0: … }");
      return false;
    }
    this.#root = { key: root.range[0], value: root.range[0], children: new Map() };
    this.value = this.#convert(root, [], this.#root);
    return true;
  }

  /** One mistake upsets the parser for many lines: only the first complaint of each kind and of each line is kept. */
  #syntax(errors: readonly YAMLError[]): void {
    const seen = new Set<string | number>();
    for (const error of errors) {
      const { line } = this.#lines.linePos(error.pos[0]);
      if (!seen.has(line) && !seen.has(error.code)) this.#at(error.pos[0], [], `not YAML: ${explainSyntax(error)}`);
      seen.add(line).add(error.code);
    }
  }

  #convert(node: ParsedNode | null, path: Path, located: Located): YamlValue {
    if (node === null) return "";
    if (isAlias(node) || node.anchor !== undefined) {
      return this.#refuse(node, path, "anchors and aliases (& and *) are not taken; write the value out");
    }
    if (node.tag !== undefined) {
      return this.#refuse(node, path, "tags (!) are not taken; write the value alone");
    }
    if (isScalar(node)) return String(node.value ?? "");
    if (isSeq(node))
      return node.items.map((item, index) => this.#child(item, item?.range[0] ?? located.value, index, path, located));
    const value: { [key: string]: YamlValue } = {};
    for (const pair of node.items) {
      const offset = pair.key?.range[0] ?? located.value;
      if (!isScalar(pair.key) || String(pair.key.value) === "" || pair.key.tag !== undefined || pair.key.anchor !== undefined) {
        this.#at(offset, path, "a key must be plain text");
        continue;
      }
      const key = String(pair.key.value);
      const first = located.children.get(key);
      if (NOT_A_KEY.has(key)) this.#at(offset, [...path, key], "unknown key");
      else if (first) this.#at(offset, [...path, key], `given twice; first on line ${this.#lines.linePos(first.key).line}`);
      else value[key] = this.#child(pair.value, offset, key, path, located);
    }
    return value;
  }

  #refuse(node: ParsedNode, path: Path, message: string): "" {
    this.#at(node.range[0], path, message);
    this.#refused.add(formatPath(path));
    return "";
  }

  #child(node: ParsedNode | null, key: number, step: string | number, path: Path, parent: Located): YamlValue {
    // An empty value has a place behind its key, where there is nothing to see: point at the key.
    const empty = node === null || node.range[0] === node.range[1];
    const located: Located = { key, value: empty ? key : node.range[0], children: new Map() };
    parent.children.set(step, located);
    return this.#convert(node, [...path, step], located);
  }
}

/** `neighbours.static[0].ip` */
export function formatPath(path: Path): string {
  let text = "";
  for (const step of path) text += typeof step === "number" ? `[${step}]` : `${text ? "." : ""}${show(step)}`;
  return text;
}

/**
 * The place where tokens are nested deeper than MAX_DEPTH, or null. The parser proper recurses on them, and a text that exhausts its
 * stack does not always end in a RangeError: V8 aborts the process when that happens inside its regular expression compiler.
 */
function tooDeep(tokens: readonly CST.Token[]): number | null {
  let level: CST.Token[] = [...tokens];
  for (let depth = 0; level.length > 0; depth++) {
    const first = level[0]!;
    if (depth > MAX_DEPTH) return "offset" in first ? first.offset : 0;
    const next: CST.Token[] = [];
    for (const token of level) {
      if (token.type === "document") {
        if (token.value) next.push(token.value);
      } else if ("items" in token) {
        for (const item of token.items) {
          if (item.key) next.push(item.key);
          if (item.value) next.push(item.value);
        }
      }
    }
    level = next;
  }
  return null;
}

/** The parser's own words are for people who know YAML; the mistakes people make get plainer ones. */
function explainSyntax(error: YAMLError): string {
  switch (error.code) {
    case "TAB_AS_INDENT":
      return "a tab in the indentation; use spaces";
    case "BLOCK_AS_IMPLICIT_KEY":
      return 'a second ": " on one line; put the value in quotes, or on lines of its own';
    default:
      return `${error.message.charAt(0).toLowerCase()}${error.message.slice(1)}`
        .split("\n", 1)[0]!
        .replace(/[\p{Cc}\p{Cf}]/gu, "?");
  }
}
