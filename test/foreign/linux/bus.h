/* The buses of kernel.h's drivers: SPI and PCI with its registers and its DMA memory. See spi.c and pci.c. */
#ifndef FOREIGN_BUS_H
#define FOREIGN_BUS_H

/* ---- SPI ---- */

struct spi_device {
  struct device dev;
  int irq;
};
struct spi_driver {
  struct device_driver driver;
  int (*probe)(struct spi_device *spi);
  void (*remove)(struct spi_device *spi);
};
struct spi_transfer {
  const void *tx_buf;
  void *rx_buf;
  unsigned int len;
  struct list_head transfer_list;
};
struct spi_message {
  struct list_head transfers;
  int status;
};
static inline void spi_message_init(struct spi_message *message) {
  message->status = 0;
  INIT_LIST_HEAD(&message->transfers);
}
static inline void spi_message_add_tail(struct spi_transfer *transfer, struct spi_message *message) {
  list_add_tail(&transfer->transfer_list, &message->transfers);
}
int spi_sync(struct spi_device *spi, struct spi_message *message);
int spi_write(struct spi_device *spi, const void *bytes, size_t length);
int spi_write_then_read(struct spi_device *spi, const void *write, unsigned int write_length, void *read, unsigned int read_length);
static inline void spi_set_drvdata(struct spi_device *spi, void *data) { spi->dev.driver_data = data; }
static inline void *spi_get_drvdata(struct spi_device *spi) { return spi->dev.driver_data; }
#define module_spi_driver(it) struct spi_driver *const foreign_spi_driver = &(it)

/* ---- PCI ---- */

#include <linux/pci_regs.h>

#define PCI_ANY_ID (~0u)
#define PCI_VENDOR_ID_INTEL 0x8086
#define PCI_VENDOR_ID_VMWARE 0x15ad
#define PCI_DEVICE(vendor_, device_) .vendor = (vendor_), .device = (device_), .subvendor = PCI_ANY_ID, .subdevice = PCI_ANY_ID
#define PCI_D0 0
#define PCI_D3hot 3
#define PCI_D3cold 4
#define IORESOURCE_IO 0x100
#define IORESOURCE_MEM 0x200
#ifndef PCI_STD_NUM_BARS
#define PCI_STD_NUM_BARS 6
#endif
typedef int pci_power_t;
typedef struct { int event; } pm_message_t;
typedef unsigned int pci_channel_state_t;
enum { pci_channel_io_normal = 1, pci_channel_io_frozen, pci_channel_io_perm_failure };
typedef enum { PCI_ERS_RESULT_NONE = 1, PCI_ERS_RESULT_NEED_RESET, PCI_ERS_RESULT_DISCONNECT, PCI_ERS_RESULT_RECOVERED } pci_ers_result_t;
struct pci_device_id {
  u32 vendor, device, subvendor, subdevice;
};
struct pci_dev {
  struct device dev;
  unsigned int irq;
  u16 vendor, device, subsystem_vendor, subsystem_device;
  u8 revision;
};
struct pci_error_handlers {
  pci_ers_result_t (*error_detected)(struct pci_dev *pdev, pci_channel_state_t state);
  pci_ers_result_t (*slot_reset)(struct pci_dev *pdev);
  void (*resume)(struct pci_dev *pdev);
};
struct pci_driver {
  const char *name;
  const struct pci_device_id *id_table;
  int (*probe)(struct pci_dev *pdev, const struct pci_device_id *id);
  void (*remove)(struct pci_dev *pdev);
  void (*shutdown)(struct pci_dev *pdev);
  struct device_driver driver;
  const struct pci_error_handlers *err_handler;
};
#define to_pci_dev(d) container_of(d, struct pci_dev, dev)
int pci_register_driver(struct pci_driver *driver);
void pci_unregister_driver(struct pci_driver *driver);
static inline void pci_set_drvdata(struct pci_dev *pdev, void *data) { pdev->dev.driver_data = data; }
static inline void *pci_get_drvdata(struct pci_dev *pdev) { return pdev->dev.driver_data; }
static inline const char *pci_name(const struct pci_dev *pdev) { return (void)pdev, "0000:00:03.0"; }
static inline int pci_select_bars(struct pci_dev *pdev, unsigned long flags) {
  return (void)pdev, (flags & IORESOURCE_MEM ? 1 : 0) | (flags & IORESOURCE_IO ? 2 : 0);
}
static inline int pci_enable_device(struct pci_dev *pdev) { return (void)pdev, 0; }
static inline int pci_enable_device_mem(struct pci_dev *pdev) { return (void)pdev, 0; }
static inline void pci_disable_device(struct pci_dev *pdev) { (void)pdev; }
static inline int pci_request_selected_regions(struct pci_dev *pdev, int bars, const char *name) { return (void)pdev, (void)bars, (void)name, 0; }
static inline void pci_release_selected_regions(struct pci_dev *pdev, int bars) { (void)pdev, (void)bars; }
static inline void pci_set_master(struct pci_dev *pdev) { (void)pdev; }
static inline int pci_save_state(struct pci_dev *pdev) { return (void)pdev, 0; }
static inline void pci_restore_state(struct pci_dev *pdev) { (void)pdev; }
static inline int pci_enable_wake(struct pci_dev *pdev, pci_power_t state, bool on) { return (void)pdev, (void)state, (void)on, 0; }
static inline int pci_wake_from_d3(struct pci_dev *pdev, bool on) { return (void)pdev, (void)on, 0; }
static inline int pci_set_power_state(struct pci_dev *pdev, pci_power_t state) { return (void)pdev, (void)state, 0; }
static inline int pci_channel_offline(struct pci_dev *pdev) { return (void)pdev, 0; }
#define PCI_COMMAND_OF_OURS (PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER)
static inline int pci_read_config_word(struct pci_dev *pdev, int where, u16 *value) {
  return (void)pdev, *value = where == PCI_COMMAND ? PCI_COMMAND_OF_OURS : 0, 0;
}
static inline int pci_write_config_word(struct pci_dev *pdev, int where, u16 value) { return (void)pdev, (void)where, (void)value, 0; }
static inline int pcix_get_mmrbc(struct pci_dev *pdev) { return (void)pdev, 512; }
static inline int pcix_set_mmrbc(struct pci_dev *pdev, int bytes) { return (void)pdev, (void)bytes, 0; }
static inline void pci_clear_mwi(struct pci_dev *pdev) { (void)pdev; }
static inline int pci_set_mwi(struct pci_dev *pdev) { return (void)pdev, 0; }

/* BAR 0: registers; BAR 1: the two I/O ports that reach the same registers by address and data. */
#define FOREIGN_REGISTERS 0x20000ul
#define FOREIGN_PORTS 0xc000ul
static inline u64 pci_resource_start(struct pci_dev *pdev, int bar) { return (void)pdev, bar == 1 ? FOREIGN_PORTS : 0; }
static inline u64 pci_resource_len(struct pci_dev *pdev, int bar) { return (void)pdev, bar == 0 ? FOREIGN_REGISTERS : bar == 1 ? 64 : 0; }
static inline u64 pci_resource_flags(struct pci_dev *pdev, int bar) {
  return (void)pdev, bar == 0 ? IORESOURCE_MEM : bar == 1 ? IORESOURCE_IO : 0;
}
/* Nobody reads through this pointer: readl() and writel() take the register's offset from it. */
extern u8 foreign_registers[];
static inline void *pci_ioremap_bar(struct pci_dev *pdev, int bar) { return (void)pdev, bar == 0 ? foreign_registers : NULL; }
static inline void *ioremap(u64 at, u64 length) { return (void)at, (void)length, NULL; }
static inline void iounmap(const void *at) { (void)at; }
u32 readl(const void *at);
void writel(u32 value, void *at);
static inline void writeb(u8 value, void *at) { (void)value, (void)at, BUG(); }
static inline void writew(u16 value, void *at) { (void)value, (void)at, BUG(); }
static inline u16 readw(const void *at) { return (void)at, BUG(), 0; }
static inline u8 readb(const void *at) { return (void)at, BUG(), 0; }
static inline void ioread16_rep(const void *at, void *to, unsigned long count) { (void)at, (void)to, (void)count, BUG(); }
static inline void iowrite16_rep(void *at, const void *from, unsigned long count) { (void)at, (void)from, (void)count, BUG(); }
static inline void *phys_to_virt(unsigned long at) { return (void)at, NULL; }
void outl(u32 value, unsigned long port);
u32 inl(unsigned long port);

/* ---- DMA: pages of the memory that the chip model shares with us ---- */

#define DMA_BIT_MASK(n) ((n) == 64 ? ~0ull : (1ull << (n)) - 1)
enum dma_data_direction { DMA_BIDIRECTIONAL, DMA_TO_DEVICE, DMA_FROM_DEVICE };
static inline int dma_set_mask_and_coherent(struct device *dev, u64 mask) { return (void)dev, mask == 0xffffffffull ? 0 : -EIO; }
void *dma_alloc_coherent(struct device *dev, size_t size, dma_addr_t *dma, gfp_t flags);
void dma_free_coherent(struct device *dev, size_t size, void *at, dma_addr_t dma);
dma_addr_t dma_map_single(struct device *dev, void *at, size_t size, enum dma_data_direction direction);
void dma_unmap_single(struct device *dev, dma_addr_t dma, size_t size, enum dma_data_direction direction);
static inline dma_addr_t dma_map_page(struct device *dev, struct page *page, size_t at, size_t size, enum dma_data_direction direction) {
  return dma_map_single(dev, (u8 *)page + at, size, direction);
}
static inline dma_addr_t skb_frag_dma_map(struct device *dev, const skb_frag_t *frag, size_t at, size_t size, enum dma_data_direction way) {
  return dma_map_single(dev, (u8 *)frag->page + frag->offset + at, size, way);
}
#define dma_unmap_page(dev, dma, size, direction) dma_unmap_single(dev, dma, size, direction)
#define dma_mapping_error(dev, dma) ((void)(dev), (dma) == 0)
#define dma_sync_single_for_cpu(dev, dma, size, direction) ((void)0)
#define dma_sync_single_for_device(dev, dma, size, direction) ((void)0)
struct page *alloc_page(gfp_t flags);
void put_page(struct page *page);
#define __free_page(page) put_page(page)
#define page_address(page) ((void *)(page))
#define page_to_phys(page) ((phys_addr_t)(uintptr_t)(page))
#define kmap_atomic(page) page_address(page)
#define kmap(page) page_address(page)
#define kunmap(page) ((void)(page))
#define kunmap_atomic(at) ((void)(at))

#endif
