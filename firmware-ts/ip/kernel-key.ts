/** The names of settings. */

/** Returns the kernel's name of a setting that the sources have in camel case: `arp_ignore` for `arpIgnore`. */
export function kernelKey(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
