/*
 * Pages of bus.h: all packets and rings lie in the memory that the chip model shares with the program, a page each. A page that nobody
 * has is filled with a pattern; if it does not hold the pattern when it is dealt out again, somebody wrote to memory that was not his.
 */
#include "host.h"

enum { PATTERN = 0x5a, MOST = 4096 };
static u8 *memory;
static u64 bus_address;
static unsigned pages, free_pages, stray;
static u16 free_list[MOST], mapped[MOST];

/* The memory, and its address as the chip sees it. At most 16 MiB of it are used. */
EXPORTED void foreign_memory(u8 *at, unsigned size, unsigned address) {
  memory = at;
  bus_address = address;
  pages = min(size / PAGE_SIZE, (unsigned)MOST);
  memset(memory, PATTERN, (size_t)pages * PAGE_SIZE);
  for (free_pages = 0; free_pages < pages; free_pages++) free_list[free_pages] = (u16)(pages - 1 - free_pages);
}

bool foreign_is_page(const void *at) { return (uintptr_t)at - (uintptr_t)memory < (uintptr_t)pages * PAGE_SIZE; }

static unsigned page_of(const void *at) {
  BUG_ON(!foreign_is_page(at));
  return foreign_is_page(at) ? (unsigned)(((uintptr_t)at - (uintptr_t)memory) / PAGE_SIZE) : 0;
}

u8 *foreign_page(void) {
  if (free_pages == 0) return NULL;
  u8 *page = memory + (size_t)free_list[--free_pages] * PAGE_SIZE;
  for (unsigned at = 0; at < PAGE_SIZE; at++) {
    if (page[at] == PATTERN) continue;
    stray++;
    break;
  }
  return page;
}

void foreign_page_free(const void *at) {
  unsigned page = page_of(at);
  BUG_ON(free_pages == pages);
  BUG_ON(mapped[page]);
  memset(memory + (size_t)page * PAGE_SIZE, PATTERN, PAGE_SIZE);
  free_list[free_pages++] = (u16)page;
}

unsigned foreign_pages_used(void) { return pages - free_pages; }

/* Pages that were written while nobody had them, seen so far. */
EXPORTED unsigned foreign_stray_writes(void) {
  for (unsigned left = free_pages; left > 0; left--) {
    u8 *page = foreign_page();
    foreign_page_free(page);
    /* Round and round: the next one from the list's other end. */
    memmove(free_list + 1, free_list, (free_pages - 1) * sizeof free_list[0]);
    free_list[0] = (u16)page_of(page);
  }
  return stray;
}

void *dma_alloc_coherent(struct device *dev, size_t size, dma_addr_t *dma, gfp_t flags) {
  (void)flags;
  if (size > PAGE_SIZE) return NULL;
  u8 *page = foreign_page();
  if (!page) return NULL;
  *dma = dma_map_single(dev, page, PAGE_SIZE, DMA_BIDIRECTIONAL);
  return memset(page, 0, PAGE_SIZE);
}

void dma_free_coherent(struct device *dev, size_t size, void *at, dma_addr_t dma) {
  dma_unmap_single(dev, dma, size, DMA_BIDIRECTIONAL);
  foreign_page_free(at);
}

dma_addr_t dma_map_single(struct device *dev, void *at, size_t size, enum dma_data_direction direction) {
  (void)dev, (void)direction;
  unsigned page = page_of(at);
  BUG_ON(size == 0 || page_of((u8 *)at + size - 1) != page);
  mapped[page]++;
  return bus_address + (u64)((u8 *)at - memory);
}

void dma_unmap_single(struct device *dev, dma_addr_t dma, size_t size, enum dma_data_direction direction) {
  (void)dev, (void)size, (void)direction;
  unsigned page = page_of(memory + (dma - bus_address));
  BUG_ON(mapped[page] == 0);
  mapped[page]--;
}

struct page *alloc_page(gfp_t flags) { return (void)flags, (struct page *)foreign_page(); }

void put_page(struct page *page) { foreign_page_free(page); }
