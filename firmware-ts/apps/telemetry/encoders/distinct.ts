/** Names that stay apart: what a format writes for two of them must not become one. */

/** The names, each with its place behind it where an earlier one is the same. @param taken those that none may have */
export function distinct(names: readonly string[], taken: readonly string[] = []): string[] {
  const all = new Set(taken);
  return names.map((given, at) => {
    let name = given;
    while (all.has(name)) name += at;
    all.add(name);
    return name;
  });
}
