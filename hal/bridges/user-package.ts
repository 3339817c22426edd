/** Packages that a user installs beside whohas when a rig needs them: nobody else pays for them, or for what they bring along. */
import { GpioError } from "../gpio.ts";

/**
 * Runs `load`, which imports them.
 * @param who needs them, as it stands in front of the message
 * @throws GpioError GPIO_NO_PACKAGE, in one line that says how to get them
 */
export async function loadUserPackages<T>(who: string, names: readonly string[], load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    const what = names.length > 1 ? "the packages" : "the package";
    // By its text: module hooks, as TypeScript runners use them, lose the error's code on its way.
    const why = /^Cannot find (?:package|module)/.test(said) ? "" : `, and one does not load (${said})`;
    const message = `${who}: needs ${what} ${names.join(" and ")}${why}; run: npm install ${names.join(" ")}`;
    throw new GpioError("GPIO_NO_PACKAGE", message, { cause });
  }
}
