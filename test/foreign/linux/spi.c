/* SPI of bus.h: messages become assertions of the chip select. The one device hangs on the one bus. */
#include "host.h"

extern struct spi_driver *const foreign_spi_driver;
static struct spi_device spi = {.irq = 1};

int spi_sync(struct spi_device *device, struct spi_message *message) {
  struct spi_transfer *transfer;
  unsigned int write = 0, read = 0;
  (void)device;
  might_sleep();
  /* The models take half duplex: what is written first, what is read behind it. */
  list_for_each_entry(transfer, &message->transfers, transfer_list) {
    if (transfer->tx_buf ? transfer->rx_buf || read : !transfer->rx_buf) return message->status = -EOPNOTSUPP;
    if (write + transfer->len > FOREIGN_READ_AT || read + transfer->len > FOREIGN_FRAME_AT - FOREIGN_READ_AT)
      return message->status = -EMSGSIZE;
    if (transfer->tx_buf) {
      memcpy(foreign_window + write, transfer->tx_buf, transfer->len);
      write += transfer->len;
    } else {
      read += transfer->len;
    }
  }
  foreign_host.transfer((int)write, (int)read);
  read = 0;
  list_for_each_entry(transfer, &message->transfers, transfer_list) {
    if (!transfer->rx_buf) continue;
    memcpy(transfer->rx_buf, foreign_window + FOREIGN_READ_AT + read, transfer->len);
    read += transfer->len;
  }
  return message->status = 0;
}

int spi_write_then_read(struct spi_device *device, const void *write, unsigned int write_length, void *read, unsigned int read_length) {
  struct spi_transfer out = {.tx_buf = write, .len = write_length};
  struct spi_transfer in = {.rx_buf = read, .len = read_length};
  struct spi_message message;
  spi_message_init(&message);
  spi_message_add_tail(&out, &message);
  if (read_length) spi_message_add_tail(&in, &message);
  return spi_sync(device, &message);
}

int spi_write(struct spi_device *device, const void *bytes, size_t length) {
  return spi_write_then_read(device, bytes, (unsigned int)length, NULL, 0);
}

/* Loads the driver and gives it the device. Returns 0, or the driver's error. */
EXPORTED int foreign_probe(void) {
  spi.dev.driver = &foreign_spi_driver->driver;
  return foreign_spi_driver->probe(&spi);
}

EXPORTED void foreign_remove(void) { foreign_spi_driver->remove(&spi); }
