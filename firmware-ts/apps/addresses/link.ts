/** The link of a device, for an app that begins when it comes and rests when it goes. */
import type { NetDevice } from "../../net/device.ts";
import type { Stack } from "../../stack.ts";

/** Hears of a link. */
export interface LinkUser {
  /** It is there, perhaps to another network than before. */
  linkUp(): void;
  linkDown(): void;
  /** The device has another link address. */
  addressChanged(): void;
}

/** Tells a user of a device's link, from the state at the call on. Returns a function that ends it. */
export function watchLink(stack: Stack, device: NetDevice, user: LinkUser): () => void {
  let there = false;
  const look = (): void => {
    const now = device.up && device.hasCarrier;
    if (now === there) return;
    there = now;
    if (now) user.linkUp();
    else user.linkDown();
  };
  let watching = true;
  const deafen = stack.network.onDeviceEvent((changed, event) => {
    // An event that is being told is told to all who heard when it came.
    if (changed !== device || !watching) return;
    if (event === "address" || event === "replaced") user.addressChanged();
    look();
  });
  look();
  return () => {
    watching = false;
    deafen();
  };
}
