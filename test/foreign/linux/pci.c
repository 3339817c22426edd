/* PCI of bus.h: one 82540EM, whose registers are reached through the loading program. */
#include "host.h"

static struct pci_dev pdev = {
    .irq = 1, .vendor = PCI_VENDOR_ID_INTEL, .device = 0x100e, .subsystem_vendor = PCI_VENDOR_ID_INTEL, .subsystem_device = 0x100e, .revision = 2};
static struct pci_driver *driver;
u8 foreign_registers[FOREIGN_REGISTERS];
static u32 port_address;

static u32 offset_of(const void *at) {
  uintptr_t offset = (uintptr_t)at - (uintptr_t)foreign_registers;
  BUG_ON(offset >= FOREIGN_REGISTERS);
  return (u32)offset;
}

/* A read waits for its answer, which takes a PCI bus about a microsecond; a write does not. */
u32 readl(const void *at) {
  foreign_host.wait(1);
  return foreign_host.read32(offset_of(at));
}

void writel(u32 value, void *at) { foreign_host.write32(offset_of(at), value); }

void outl(u32 value, unsigned long port) {
  if (port == FOREIGN_PORTS) port_address = value;
  else if (port == FOREIGN_PORTS + 4) foreign_host.write32(port_address, value);
  else BUG();
}

u32 inl(unsigned long port) { return port == FOREIGN_PORTS ? port_address : foreign_host.read32(port_address); }

int pci_register_driver(struct pci_driver *it) { return driver = it, 0; }

void pci_unregister_driver(struct pci_driver *it) { WARN_ON(it != driver); }

/* Loads the driver and gives it the device. Returns 0, or the driver's error. */
EXPORTED int foreign_probe(void) {
  int error = foreign_module_init();
  if (error) return error;
  for (const struct pci_device_id *id = driver->id_table; id->vendor; id++)
    if (id->vendor == pdev.vendor && id->device == pdev.device) return driver->probe(&pdev, id);
  return -ENODEV;
}

EXPORTED void foreign_remove(void) {
  driver->remove(&pdev);
  foreign_module_exit();
}
