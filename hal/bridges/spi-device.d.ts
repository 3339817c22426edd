/** spi-device 3.1.2, which is installed only where it is used: this is what we use of it. */
declare module "spi-device" {
  namespace spi {
    interface Transfer {
      byteLength: number;
      /** At least byteLength bytes, as is the other. */
      sendBuffer: Buffer;
      receiveBuffer: Buffer | null;
      /** Deselects the device after this transfer; on a message's last one it keeps it selected instead. */
      chipSelectChange: boolean;
    }

    interface SpiDevice {
      /** One ioctl. @throws Error with a `code` as ENODEV */
      transferSync(message: Transfer[]): unknown;
      closeSync(): unknown;
    }

    interface Package {
      openSync(bus: number, device: number, options: { mode: 0; bitsPerWord: number; maxSpeedHz: number }): SpiDevice;
    }
  }

  const spi: spi.Package;
  export = spi;
}
