/** The Internet checksum against a plain one that carries after each word, wherever the words lie and however many there are. */
import t from "tap";
import { finish, sumBytes, sumPseudoHeader } from "../../../firmware-ts/ip/checksum.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { checksum } from "../../support/wire-format.ts";

const random = new SeededRandom("checksum");
const noise = Uint8Array.from({ length: 256 }, () => random.below(256));

t.test("every length and alignment, odd ones included", async (t) => {
  const view = new DataView(noise.buffer);
  const wrong: string[] = [];
  for (let at = 0; at < 8; at++) {
    for (let length = 0; length <= 100; length++) {
      const found = finish(sumBytes(view, at, length));
      if (found !== checksum(noise.subarray(at, at + length))) wrong.push(`${length} bytes from ${at}: ${found}`);
    }
  }
  t.same(wrong, []);
});

t.test("the bytes before and behind do not count", async (t) => {
  const bytes = new Uint8Array(64).fill(0xff);
  bytes.fill(0, 8, 31);
  t.equal(sumBytes(new DataView(bytes.buffer), 8, 23), 0);
});

t.test("a running sum is added to", async (t) => {
  const view = new DataView(noise.buffer);
  const whole = finish(sumBytes(view, 0, 120));
  t.equal(finish(sumBytes(view, 20, 100, sumBytes(view, 0, 20))), whole);
});

t.test("the largest sum there is: 64 KiB of ones", async (t) => {
  const bytes = new Uint8Array(0x10000).fill(0xff);
  t.equal(finish(sumBytes(new DataView(bytes.buffer), 0, bytes.length, 0xffff)), 0);
  bytes[0x8000] = 0xfe;
  t.equal(finish(sumBytes(new DataView(bytes.buffer), 0, bytes.length)), 0x0100);
});

t.test("an example from life: a UDP datagram with its pseudo header", async (t) => {
  // 10.0.0.1:4000 to 10.0.0.2:5000, "hi"; the sum worked out by hand.
  const datagram = Uint8Array.of(0x0f, 0xa0, 0x13, 0x88, 0, 10, 0, 0, 0x68, 0x69);
  const pseudo = sumPseudoHeader(0x0a000001, 0x0a000002, 17, 10);
  t.equal(pseudo, 0x0a00 + 0x0001 + 0x0a00 + 0x0002 + 17 + 10);
  t.equal(finish(sumBytes(new DataView(datagram.buffer), 0, 10, pseudo)), 0x6046);
});
