/** The mutants of a source, what is left alone, the draw of a sample, and the list of those that change nothing. */
import t from "tap";
import { EQUIVALENT, matches } from "./equivalent.ts";
import { telling } from "./functions.ts";
import { type Mutant, mutantsOf, mutated } from "./operators.ts";
import { importsOf, mutable, type Reach, reaching } from "./reach.ts";
import { sample } from "./trial.ts";

/** The texts that the mutants of a body make of it. */
function bodies(body: string, head = "(a: number, b: number)"): string[] {
  const text = `function f${head} { ${body} }`;
  return mutantsOf("f.ts", text).map((mutant) => mutated(text, mutant).slice(text.indexOf("{") + 2, -2));
}

t.test("operators: each expression is changed in every way there is", async (t) => {
  const rows: [body: string, made: string[]][] = [
    ["a = a + b;", ["a = a - b;"]],
    ["a = b << 2;", ["a = b >> 2;", "a = b << 3;"]],
    ["a = b >>> 0;", ["a = b >> 0;", "a = b >>> 1;"]],
    ["a -= b * 0x11;", ["a += b * 0x11;", "a -= b / 0x11;", "a -= b * 0x10;"]],
    ["a++; --b;", ["a--; --b;", "a++; ++b;"]],
    ["a = b & 3_000;", ["a = b | 3_000;", "a = b & 3001;"]],
    ["if (a < b) b = a;", ["if (a <= b) b = a;", "if (a >= b) b = a;"]],
    ["while (a >= b) b = a;", ["while (a < b) b = a;", "while (a > b) b = a;"]],
    ["if (a === b || a) b = a;", ["if (a !== b || a) b = a;", "if (a === b && a) b = a;"]],
    ["if (a) b = a;", ["if (!(a)) b = a;"]],
    ["if (!a) b = a;", ["if (a) b = a;"]],
    ["a = b & a ? a : b;", ["a = !(b & a) ? a : b;", "a = b | a ? a : b;"]],
    ["g(a, true);", [";", "g(a, false);"]],
    ["await g(a);", [";"]],
    ["a = Math.max(a, b);", ["a = Math.min(a, b);"]],
    [
      "if (!(a > b) && a) b = a;",
      ["if ((a > b) && a) b = a;", "if (!(a >= b) && a) b = a;", "if (!(a <= b) && a) b = a;", "if (!(a > b) || a) b = a;"],
    ],
  ];
  for (const [body, made] of rows) t.same(bodies(body).sort(), [...made].sort(), body);
});

t.test("results: turned round, one more, or absent, as the type says; written truths have mutants of their own", async (t) => {
  const rows: [head: string, body: string, made: string[]][] = [
    ["(): boolean", "return g();", ["return !(g());"]],
    ["(): boolean", "return a > b;", ["return a <= b;", "return a >= b;"]],
    ["(): boolean", "return true;", ["return false;"]],
    ["(): number", "return g();", ["return (g()) + 1;"]],
    ["(): number", "return 7;", ["return 6;"]],
    ["(): Thing | null", "return g();", ["return null;"]],
    ["(): Thing | undefined", "return g();", ["return undefined;"]],
    ["(): Thing | null", "return null;", []],
    ["(): Thing", "return g();", []],
    ["()", "return g();", []],
  ];
  for (const [head, body, made] of rows) t.same(bodies(body, head).sort(), made, `${head} ${body}`);
});

t.test("left alone: types, imports, comments, messages, texts, keys, super()", async (t) => {
  const sources = [
    `import { a } from "./a-1.ts"; export * from "./b-2.ts";`,
    `export type A = 1 | 2 | true; interface B { at: 3; } let b: Array<4>;`,
    `/** 1 + 2 */ // if (true) f();`,
    `if (x === x) throw new TypeError(\`\${a + 1} is not true\`);`.slice("if (x === x) ".length),
    `const error = new StackError("CODE", a > 1 ? "true" : "false");`,
    `const text = "a" + 1n + 'b'; const other = \`\${a + 1}\`;`,
    `const map = { 1: "a", 2: "b" };`,
    `class A extends B { constructor() { super(); } }`,
  ];
  for (const source of sources) t.same(mutantsOf("f.ts", source), [], source);
});

t.test("where a mutant is, and how it is shown", async (t) => {
  const text = `const LIMIT = 10;\nclass A {\n  get left(): number {\n    return LIMIT -\n      this.used;\n  }\n  f = () => 1;\n}\n`;
  const shown = mutantsOf("f.ts", text).map(({ line, within, before, after }) => `${line} [${within}] ${before} -> ${after}`);
  t.same(shown, [
    "1 [] LIMIT = 10 -> LIMIT = 11",
    "4 [A.get left] return LIMIT - this.used; -> return (LIMIT - this.used) + 1;",
    "4 [A.get left] LIMIT - this.used -> LIMIT + this.used",
    "7 [] () => 1 -> () => 0",
  ]);
});

t.test("every mutant of a room is one change, and another text", async (t) => {
  let mutants = 0;
  for (const [file, text] of [...mutable()].filter(([path]) => path.startsWith("firmware-ts/neigh/"))) {
    for (const mutant of mutantsOf(file, text)) {
      mutants++;
      if (mutated(text, mutant) === text || mutant.start >= mutant.end) t.fail(`${file}:${mutant.line} ${mutant.before}`);
    }
  }
  t.ok(mutants > 1000, `${mutants} mutants`);
});

t.test("a sample: the same for the same seed, none twice, in the order of the sources", async (t) => {
  const mutants = mutantsOf("f.ts", `${"a = b + 1;\n".repeat(100)}`);
  const draw = (count: number, seed: string): number[] => sample(mutants, count, seed).map(({ start }) => start);
  t.same(draw(20, "1"), draw(20, "1"));
  t.notSame(draw(20, "1"), draw(20, "2"));
  for (const drawn of [draw(20, "1"), draw(200, "x")])
    t.same(
      drawn,
      [...drawn].sort((a, b) => a - b),
    );
  t.equal(new Set(sample(mutants, 150, "1")).size, 150);
  t.equal(sample(mutants, 1000, "1").length, mutants.length, "all that there are");
  const texts = (from: typeof mutants): Set<string> => new Set(sample(from, 20, "1").map(({ file, before }) => file + before));
  const more = [...mutantsOf("f.ts", "c = d & 1;\n".repeat(5)), ...mutantsOf("g.ts", "e = f > 2;\n".repeat(50))];
  const before = texts(more);
  const after = texts(more.slice(1));
  t.ok([...before].filter((text) => after.has(text)).length >= before.size - 1, "one that is gone leaves the others in it");
});

t.test(
  "the tests that reach a mutant: the nearest first, those next to a kernel last; else those that reach the source",
  async (t) => {
    const reach = (file: string, reached: string[], more: Partial<Reach> = {}): Reach => ({
      file,
      apart: false,
      cpu: 1000,
      reached: new Set(reached),
      ...more,
    });
    const reaches = [
      reach("test/drivers/far.test.ts", ["a/b.ts#f"], { cpu: 10 }),
      reach("test/a/b.test.ts", ["a/b.ts#f", "a/c.ts#g"]),
      reach("test/a/z.test.ts", ["a/b.ts#g"]),
      reach("test/a/kernel.test.ts", ["a/b.ts#f"], { apart: true }),
      reach("test/a/b/emulated.test.ts", ["a/b.ts#f"], { cpu: 20_000 }),
      reach("test/a/c.test.ts", ["a/b.ts#f"]),
    ];
    const imports = importsOf(
      new Map([
        ["a/b.ts", `import { CONSTANT } from "./constants.ts";`],
        ["a/c.ts", `import type { Other } from "../other/index.ts";`],
        ["other/index.ts", `export * from "../a/constants.ts";`],
      ]),
    );
    const names = (within: string, source = "a/b.ts"): string[] =>
      reaching(reaches, source, within, imports).map(({ file }) => file);
    const [near, beside] = ["test/a/b.test.ts", "test/a/c.test.ts"];
    const behind = ["test/drivers/far.test.ts", "test/a/b/emulated.test.ts", "test/a/kernel.test.ts"];
    t.same(names("f"), [near, beside, ...behind]);
    t.same(names(""), [near, beside, "test/a/z.test.ts", ...behind], "what a module does when it is loaded");
    t.same(names("", "a/constants.ts"), names(""), "a source without functions, by those that import it");
    t.same(names("", "other/index.ts"), [near]);
    const constants = [...reaches, reach("test/a/constants.test.ts", ["a/constants.ts#"])];
    t.same(
      reaching(constants, "a/constants.ts", "", imports).map(({ file }) => file),
      ["test/a/constants.test.ts", near, beside, "test/a/z.test.ts", ...behind],
      "and those that import it and call nothing",
    );
    t.same(names("new"), names(""), "a function that was not there when it was measured");
  },
);

t.test("a source that tells: named functions and methods, by their names, and nothing else of it changes", async (t) => {
  const text = `export function f() { return () => { g(); }; }\nclass A { constructor() { super(); } get b() { return 1; } #c = (): void => {}; }`;
  const told = telling("a.ts", text);
  const names = [...told.matchAll(/ globalThis\.__reached\?\.add\("a\.ts#([^"]*)"\);/g)].map(([, name]) => name);
  t.same(names, ["f", "A.constructor", "A.get b", "#c"]);
  t.equal(told.replaceAll(/ globalThis\.__reached\?\.add\("[^"]*"\);/g, ""), text);
});

t.test("each mutant in the list of equivalent ones is still one, and has its reason", async (t) => {
  const mutants = new Map<string, Mutant[]>();
  for (const [file, text] of mutable()) if (EQUIVALENT.some((each) => each.file === file)) mutants.set(file, mutantsOf(file, text));
  for (const each of EQUIVALENT) {
    t.ok(
      mutants.get(each.file)?.some((mutant) => matches(each, mutant)),
      `${each.file}: ${each.before} -> ${each.after}`,
    );
    t.ok(each.why.length > 20, each.why);
  }
});
