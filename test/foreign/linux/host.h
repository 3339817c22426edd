/* Between the shim's own files, and between them and the program that loads them. */
#ifndef FOREIGN_HOST_H
#define FOREIGN_HOST_H

#include "kernel.h"

/* What the loading program does for the kernel; see ../machine.ts. */
struct foreign_host {
  /* Virtual time, in microseconds. */
  double (*now)(void);
  /* Lets virtual time pass. */
  void (*wait)(double us);
  void (*log)(int level, const char *line);
  /* 1: the device's interrupt is to be served now. */
  int (*interrupt)(void);
  /* One assertion of the chip select: window[0..write_length) goes out, read_length bytes come to window[FOREIGN_READ_AT..). */
  void (*transfer)(int write_length, int read_length);
  u32 (*read32)(u32 offset);
  void (*write32)(u32 offset, u32 value);
  /* A received frame stands at window[FOREIGN_FRAME_AT..). */
  void (*receive)(int length, int checksum_good);
};
extern struct foreign_host foreign_host;

enum { FOREIGN_READ_AT = 4096, FOREIGN_FRAME_AT = 8192, FOREIGN_WINDOW = 8192 + 65536 };
extern u8 foreign_window[FOREIGN_WINDOW];

/* The one device. */
extern struct net_device *foreign_dev;
/* Driver's errors that a test wants to know of: BUG, WARN, sleeping with a lock held. */
extern unsigned foreign_faults;

/* Pages of the device's memory. */
u8 *foreign_page(void);
void foreign_page_free(const void *at);
unsigned foreign_pages_used(void);
bool foreign_is_page(const void *at);

bool foreign_poll(void);
bool foreign_watch(void);

#endif
