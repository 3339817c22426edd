/** Tags in front of an ARP request, and whether a host that knows no VLAN takes the request for its own. */
export const TAGS: readonly (readonly [tag: string, answered: boolean])[] = [
  ["", true],
  ["81000000", true],
  ["8100e000", true],
  ["81000001", false],
  ["81002fff", false],
  // A provider's tag (IEEE 802.1ad), and several.
  ["88a80000", true],
  ["88a8e000", true],
  ["88a80001", false],
  ["8100000081000000", true],
  ["88a8000081000000", true],
  ["8100000088a80000", true],
  ["88a8000088a80000", true],
  ["810000008100000081000000", true],
  ["8100000081000001", false],
  ["88a8000081000001", false],
  ["8100000181000000", false],
  ["88a8000181000000", false],
];
