/*
 * Devices of the kernel's spidev and GPIO interfaces as one ioctl(), compiled against the kernel's own headers: what our code hands
 * over is read by the layouts that stand there, at the addresses that it gives. Built and loaded by uapi.test.ts, which also makes
 * uapi-values.inc: expressions of those headers, a comma behind each.
 */
#include <errno.h>
#include <linux/capability.h>
#include <linux/gpio.h>
#include <linux/spi/spidev.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { SPIDEV = 1, CHIP = 2, LINE = 3, LOG = 1 << 16 };

static const uint64_t values[] = {
#include "uapi-values.inc"
};

double uapi_value(int at) { return (double)values[at]; }

static uint32_t settings[3];
static uint8_t sent[LOG];
static uint32_t sent_bytes;
static uint8_t answer;
static struct gpio_v2_line_request line;

/* What the last program has set: mode, bits, speed. */
uint32_t uapi_setting(int at) { return settings[at]; }

/* The bytes since the last call, the length of each transfer in front of its own. */
uint32_t uapi_sent(uint8_t *out) {
  uint32_t bytes = sent_bytes;
  memcpy(out, sent, bytes);
  sent_bytes = 0;
  return bytes;
}

static int refuse(int error) {
  errno = error;
  return -1;
}

static int transfer(const struct spi_ioc_transfer *t, int last) {
  const uint8_t *tx = (const uint8_t *)(uintptr_t)t->tx_buf;
  uint8_t *rx = (uint8_t *)(uintptr_t)t->rx_buf;
  if (t->speed_hz || t->delay_usecs || t->bits_per_word || t->tx_nbits || t->rx_nbits || t->word_delay_usecs || t->pad) return EINVAL;
  if (t->cs_change != !last) return EPROTO;
  if (sent_bytes + 1 + t->len > LOG) return EMSGSIZE;
  sent[sent_bytes++] = (uint8_t)t->len;
  for (uint32_t at = 0; at < t->len; at++) {
    sent[sent_bytes++] = tx ? tx[at] : 0;
    if (rx) rx[at] = answer;
    answer++;
  }
  return 0;
}

static int spidev_ioctl(unsigned long request, void *argument) {
  switch (request) {
    case SPI_IOC_WR_MODE:
      settings[0] = *(uint8_t *)argument;
      return 0;
    case SPI_IOC_WR_BITS_PER_WORD:
      settings[1] = *(uint8_t *)argument;
      return 0;
    case SPI_IOC_WR_MAX_SPEED_HZ:
      settings[2] = *(uint32_t *)argument;
      return 0;
  }
  const struct spi_ioc_transfer *transfers = argument;
  int count = (int)(_IOC_SIZE(request) / sizeof *transfers);
  uint32_t total = 0;
  if (_IOC_DIR(request) != _IOC_WRITE || _IOC_TYPE(request) != SPI_IOC_MAGIC || _IOC_NR(request) != _IOC_NR(SPI_IOC_MESSAGE(0)) ||
      count == 0 || _IOC_SIZE(request) != SPI_MSGSIZE(count))
    return refuse(ENOTTY);
  for (int at = 0; at < count; at++) {
    int error = transfer(&transfers[at], at == count - 1);
    if (error) return refuse(error);
    total += transfers[at].len;
  }
  return (int)total;
}

static int chip_ioctl(unsigned long request, void *argument) {
  const uint64_t flags =
      GPIO_V2_LINE_FLAG_ACTIVE_LOW | GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_BIAS_PULL_UP;
  if (request == GPIO_GET_CHIPINFO_IOCTL) {
    struct gpiochip_info info = {.name = "gpiochip5", .label = "uapi-chip", .lines = 4};
    memcpy(argument, &info, sizeof info);
    return 0;
  }
  if (request == GPIO_V2_GET_LINEINFO_IOCTL) {
    struct gpio_v2_line_info *info = argument;
    if (info->offset > 3) return refuse(EINVAL);
    strcpy(info->name, info->offset == 3 ? "INT" : "other");
    return 0;
  }
  if (request == GPIO_V2_GET_LINE_IOCTL) {
    struct gpio_v2_line_request *wanted = argument;
    if (wanted->num_lines != 1 || wanted->config.flags != flags || wanted->config.num_attrs || wanted->event_buffer_size)
      return refuse(EINVAL);
    line = *wanted;
    wanted->fd = LINE;
    return 0;
  }
  return refuse(ENOTTY);
}

uint32_t uapi_line(void) { return line.offsets[0]; }

const char *uapi_consumer(void) { return line.consumer; }

int uapi_ioctl(int fd, unsigned long request, void *argument) {
  if (fd == SPIDEV) return spidev_ioctl(request, argument);
  if (fd == CHIP) return chip_ioctl(request, argument);
  if (fd != LINE || request != GPIO_V2_LINE_GET_VALUES_IOCTL) return refuse(ENOTTY);
  struct gpio_v2_line_values *levels = argument;
  if (levels->mask != 1) return refuse(EINVAL);
  levels->bits = 1;
  return 0;
}
