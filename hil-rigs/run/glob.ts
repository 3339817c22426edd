/** Matches a text with a pattern: `*` stands for any run of characters, every other character for itself. */
export function globMatches(glob: string, text: string): boolean {
  const parts = glob.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "s").test(text);
}
