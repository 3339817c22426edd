/** Requests to rtnetlink(7), byte by byte, as a kernel gets them that grants all. */
import { endianness } from "node:os";
import t from "tap";
import type { Libc } from "../../../../hal/bridges/linux/libc.ts";
import { LinkSocket } from "../../../../hal/bridges/linux/link.ts";

const LITTLE = endianness() === "LE";
const NLMSG_ERROR = 2;

/** Keeps what is sent, and answers each request with an acknowledgement. */
class Kernel {
  readonly sent: DataView[] = [];
  readonly open = new Set<number>();
  #next = 3;

  socket(): number {
    this.open.add(this.#next);
    return this.#next++;
  }

  bind(): number {
    return 0;
  }

  close(fd: number): number {
    return this.open.delete(fd) ? 0 : -1;
  }

  send(_fd: number, bytes: Uint8Array, length: number): number {
    this.sent.push(new DataView(bytes.slice(0, length).buffer));
    return length;
  }

  recv(_fd: number, bytes: Uint8Array): number {
    const view = new DataView(bytes.buffer);
    view.setUint16(4, NLMSG_ERROR, LITTLE);
    view.setInt32(16, 0, LITTLE);
    return 36;
  }

  errno(): number {
    return 0;
  }
}

/** nlmsghdr: length, type, flags; ifinfomsg: index, flags; the first attribute: length, type, value. */
function read(message: DataView): Record<string, number | number[]> {
  const attribute = message.byteLength > 32 ? message.getUint16(32, LITTLE) : 0;
  return {
    length: message.getUint32(0, LITTLE),
    type: message.getUint16(4, LITTLE),
    flags: message.getUint16(6, LITTLE),
    index: message.getInt32(20, LITTLE),
    state: message.getUint32(24, LITTLE),
    attribute: attribute === 0 ? 0 : message.getUint16(34, LITTLE),
    value: attribute === 0 ? [] : [...new Uint8Array(message.buffer, 36, attribute - 4)],
  };
}

t.test("an interface is set up and down, gets its carrier and its address", async (t) => {
  const kernel = new Kernel();
  const links = new LinkSocket(kernel as unknown as Libc, "tap");
  const [RTM_NEWLINK, REQUEST_ACK, CARRIER, ADDRESS] = [16, 5, 33, 1];
  const head = { type: RTM_NEWLINK, flags: REQUEST_ACK, index: 7 };
  const mac = [2, 0, 0x5e, 0x10, 0, 1];
  const done = [links.setUp(7, true), links.setUp(7, false), links.setCarrier(7, true), links.setCarrier(7, false)];
  t.same([...done, links.setAddress(7, Uint8Array.from(mac))], [0, 0, 0, 0, 0]);
  t.same(kernel.sent.map(read), [
    { ...head, length: 32, state: 1, attribute: 0, value: [] },
    { ...head, length: 32, state: 0, attribute: 0, value: [] },
    { ...head, length: 40, state: 0, attribute: CARRIER, value: [1] },
    { ...head, length: 40, state: 0, attribute: CARRIER, value: [0] },
    { ...head, length: 44, state: 0, attribute: ADDRESS, value: mac },
  ]);
  links.close();
  t.equal(kernel.open.size, 0, "a socket for each request, and none is left open");
});
