/** Each way in which the kernel refuses a TAP device, in words. The calls are made up: most of these cannot be had from a kernel at will. */
import t from "tap";
import { TapDevice } from "../../../drivers/tap/device.ts";
import { Errno, type Libc } from "../../../hal/bridges/linux/libc.ts";

/** Refuses one of the two calls that open a device; the descriptors that are closed. */
function refusing(call: "open" | "ioctl", errno: number): { libc: Libc; closed: number[] } {
  const closed: number[] = [];
  const libc = {
    open: () => (call === "open" ? -1 : 7),
    ioctl: () => -1,
    errno: () => errno,
    errorName: () => "ENAMED",
    close: (fd: number) => closed.push(fd),
  };
  return { libc: libc as unknown as Libc, closed };
}

t.test("the file cannot be opened", async (t) => {
  const rows: [errno: keyof typeof Errno, code: string, message: RegExp][] = [
    ["ENOENT", "TAP_UNSUPPORTED", /no \/dev\/net\/tun here; load the kernel module tun/],
    ["ENODEV", "TAP_UNSUPPORTED", /no \/dev\/net\/tun here/],
    ["ENXIO", "TAP_UNSUPPORTED", /no \/dev\/net\/tun here/],
    ["EACCES", "TAP_NO_PERMISSION", /not allowed to open \/dev\/net\/tun/],
    ["EPERM", "TAP_NO_PERMISSION", /not allowed to open \/dev\/net\/tun/],
    ["EBUSY", "TAP_SYSTEM", /cannot open \/dev\/net\/tun: ENAMED/],
  ];
  for (const [errno, code, message] of rows) {
    const { libc, closed } = refusing("open", Errno[errno]);
    t.throws(() => new TapDevice(libc, "tap0", false), { code, message }, errno);
    t.same(closed, [], "there was nothing to close");
  }
});

t.test("the device is refused, and the file is closed", async (t) => {
  const rows: [errno: keyof typeof Errno, attach: boolean, code: string, message: RegExp][] = [
    ["EPERM", true, "TAP_NO_PERMISSION", /not allowed to attach to tap0/],
    ["EACCES", false, "TAP_NO_PERMISSION", /not allowed to make tap0; .*CAP_NET_ADMIN/],
    ["EBUSY", true, "TAP_BUSY", /tap0 is in use by another process/],
    ["EBUSY", false, "TAP_BUSY", /there is an interface tap0 already/],
    ["EINVAL", true, "TAP_NOT_TAP", /tap0 is no TAP device/],
    ["EINVAL", false, "TAP_SYSTEM", /cannot make tap0: ENAMED/],
    ["ENODEV", true, "TAP_SYSTEM", /cannot attach to tap0: ENAMED/],
  ];
  for (const [errno, attach, code, message] of rows) {
    const { libc, closed } = refusing("ioctl", Errno[errno]);
    t.throws(() => new TapDevice(libc, "tap0", attach), { code, message }, `${errno}, ${attach ? "attached" : "made"}`);
    t.same(closed, [7]);
  }
});
