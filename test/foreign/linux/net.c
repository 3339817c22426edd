/* Packets, the network device, NAPI and the transmit watchdog of net.h, and what the loading program asks of them. */
#include "host.h"

#define HEADROOM 128u
#define LINEAR (PAGE_SIZE - HEADROOM)
#define NAPI_WEIGHT 64

bool foreign_more;
static unsigned long bytes_sent, bytes_completed;

/* ---- packets ---- */

struct sk_buff *napi_build_skb(void *data, unsigned int size) {
  struct sk_buff *skb = kzalloc(sizeof *skb, GFP_ATOMIC);
  if (!skb) return NULL;
  skb->head = skb->data = data;
  skb->truesize = size;
  return skb;
}

void *netdev_alloc_frag(unsigned int size) { return size <= PAGE_SIZE ? foreign_page() : NULL; }

void skb_free_frag(void *data) { foreign_page_free(data); }

struct sk_buff *foreign_alloc_skb(struct net_device *dev, unsigned int length) {
  u8 *page = length <= LINEAR ? foreign_page() : NULL;
  if (!page) return NULL;
  struct sk_buff *skb = napi_build_skb(page, PAGE_SIZE);
  skb_reserve(skb, HEADROOM);
  skb->dev = dev;
  return skb;
}

void foreign_free_skb(struct sk_buff *skb) {
  if (!skb) return;
  for (unsigned at = 0; at < skb->shared.nr_frags; at++) put_page(skb->shared.frags[at].page);
  foreign_page_free(skb->head);
  kfree(skb);
}

u8 *skb_put(struct sk_buff *skb, unsigned int length) {
  u8 *tail = skb_tail_pointer(skb);
  BUG_ON(tail + length > skb->head + skb->truesize);
  skb->len += length;
  return tail;
}

void skb_fill_page_desc(struct sk_buff *skb, int at, struct page *page, int offset, int size) {
  BUG_ON(at >= MAX_SKB_FRAGS);
  skb->shared.frags[at] = (skb_frag_t){page, (unsigned)offset, (unsigned)size};
  skb->shared.nr_frags = (unsigned)at + 1;
}

int pskb_trim(struct sk_buff *skb, unsigned int length) {
  unsigned int cut = skb->len - length;
  if (skb->data_len == 0) return skb_trim(skb, length), 0;
  /* Only ever a check sequence, at the end; it may lie in two pages. */
  while (cut > 0) {
    skb_frag_t *last = &skb->shared.frags[skb->shared.nr_frags - 1];
    unsigned int here = min(cut, last->size);
    last->size -= here, skb->len -= here, skb->data_len -= here, cut -= here;
    if (last->size == 0) put_page(last->page), skb->shared.nr_frags--;
  }
  return 0;
}

int eth_skb_pad(struct sk_buff *skb) {
  unsigned int missing = skb->len < ETH_ZLEN ? ETH_ZLEN - skb->len : 0;
  memset(skb_put(skb, missing), 0, missing);
  return 0;
}

u16 csum_tcpudp_magic(__be32 from, __be32 to, u32 length, u8 protocol, u32 sum) {
  u64 all = (u64)sum + from + to + __cpu_to_be32(length) + __cpu_to_be32(protocol);
  while (all >> 16) all = (all & 0xffff) + (all >> 16);
  return (u16)~all;
}

/* ---- the device ---- */

struct net_device *alloc_etherdev(int private_size) {
  struct net_device *dev = kzalloc(sizeof *dev, GFP_KERNEL);
  dev->priv = kzalloc((size_t)private_size, GFP_KERNEL);
  dev->addr_len = ETH_ALEN;
  dev->mtu = ETH_DATA_LEN;
  dev->carrier = true;
  dev->flags = IFF_BROADCAST | IFF_MULTICAST;
  strcpy(dev->name, "eth%d");
  return foreign_dev = dev;
}

void free_netdev(struct net_device *dev) {
  WARN_ON(dev->registered);
  foreign_dev = NULL;
  kfree(dev->priv);
  kfree(dev);
}

int register_netdev(struct net_device *dev) {
  if (strchr(dev->name, '%')) strcpy(dev->name, "eth0");
  dev->registered = true;
  return 0;
}

int dev_close(struct net_device *dev) {
  if (!(dev->flags & IFF_UP)) return 0;
  dev->running = false;
  dev->netdev_ops->ndo_stop(dev);
  dev->flags &= ~(unsigned)IFF_UP;
  return 0;
}

void unregister_netdev(struct net_device *dev) {
  dev_close(dev);
  dev->registered = false;
}

int dev_open(struct net_device *dev, struct netlink_ext_ack *ack) {
  (void)ack;
  int error = dev->netdev_ops->ndo_validate_addr(dev);
  if (error || dev->flags & IFF_UP) return error;
  dev->running = true;
  bytes_sent = bytes_completed = 0;
  error = dev->netdev_ops->ndo_open(dev);
  if (error) return dev->running = false, error;
  dev->flags |= IFF_UP;
  dev->netdev_ops->ndo_set_rx_mode(dev);
  return 0;
}

void netif_carrier_on(struct net_device *dev) {
  if (!dev->carrier) dev->trans_start = jiffies;
  dev->carrier = true;
}

void netif_carrier_off(struct net_device *dev) { dev->carrier = false; }

int eth_validate_addr(struct net_device *dev) { return is_valid_ether_addr(dev->dev_addr) ? 0 : -EADDRNOTAVAIL; }

/* A board without an address in its device tree. */
int device_get_ethdev_address(struct device *device, struct net_device *dev) { return (void)device, (void)dev, -ENODEV; }

void eth_hw_addr_random(struct net_device *dev) { eth_hw_addr_set(dev, (const u8[]){0x02, 0xf0, 0xe1, 0x60, 0x00, 0x01}); }

void netdev_sent_queue(struct net_device *dev, unsigned int bytes) { (void)dev, bytes_sent += bytes; }

void netdev_completed_queue(struct net_device *dev, unsigned int packets, unsigned int bytes) {
  (void)dev, (void)packets;
  bytes_completed += bytes;
  BUG_ON(bytes_completed > bytes_sent);
}

void netdev_reset_queue(struct net_device *dev) { (void)dev, bytes_sent = bytes_completed = 0; }

bool foreign_watch(void) {
  struct net_device *dev = foreign_dev;
  if (!dev || !dev->running || !dev->carrier || !dev->stopped) return false;
  if (!time_after(jiffies, dev->trans_start + dev->watchdog_timeo)) return false;
  dev->trans_start = jiffies;
  dev->netdev_ops->ndo_tx_timeout(dev, 0);
  return true;
}

/* ---- NAPI ---- */

void netif_napi_add(struct net_device *dev, struct napi_struct *napi, int (*poll)(struct napi_struct *, int)) {
  napi->dev = dev, napi->poll = poll, napi->disabled = true;
  dev->napi = napi;
}

void napi_enable(struct napi_struct *napi) {
  BUG_ON(!napi->disabled);
  napi->disabled = false;
}

void napi_disable(struct napi_struct *napi) {
  might_sleep();
  while (napi->scheduled) foreign_sleep(100, __func__);
  napi->disabled = true;
}

bool napi_schedule_prep(struct napi_struct *napi) { return !napi->scheduled && !napi->disabled; }

void __napi_schedule(struct napi_struct *napi) { napi->scheduled = true; }

bool napi_complete_done(struct napi_struct *napi, int work) {
  (void)work;
  napi->scheduled = false;
  return true;
}

bool foreign_poll(void) {
  struct napi_struct *napi = foreign_dev ? foreign_dev->napi : NULL;
  if (!napi || !napi->scheduled) return false;
  int work = napi->poll(napi, NAPI_WEIGHT);
  BUG_ON(work > NAPI_WEIGHT || (work == NAPI_WEIGHT) != napi->scheduled);
  return true;
}

/* ---- receiving ---- */

__be16 eth_type_trans(struct sk_buff *skb, struct net_device *dev) {
  __be16 type;
  skb->dev = dev;
  memcpy(&type, skb->data + 2 * ETH_ALEN, sizeof type);
  skb->data += ETH_HLEN;
  skb->len -= ETH_HLEN;
  return type;
}

/* Brings a whole frame, with the tag that the chip took out, to the program. `header`: bytes of it in front of skb->data. */
static void deliver(struct sk_buff *skb, unsigned int header) {
  u8 *to = foreign_window + FOREIGN_FRAME_AT;
  unsigned int length = skb_headlen(skb) + header;
  BUG_ON(skb->len + header + VLAN_HLEN > FOREIGN_WINDOW - FOREIGN_FRAME_AT);
  memcpy(to, skb->data - header, length);
  for (unsigned at = 0; at < skb->shared.nr_frags; at++) {
    const skb_frag_t *frag = &skb->shared.frags[at];
    memcpy(to + length, (u8 *)frag->page + frag->offset, frag->size);
    length += frag->size;
  }
  if (skb->vlan_present) {
    memmove(to + 2 * ETH_ALEN + VLAN_HLEN, to + 2 * ETH_ALEN, length - 2 * ETH_ALEN);
    memcpy(to + 2 * ETH_ALEN, (const __be16[]){skb->vlan_proto, htons(skb->vlan_tci)}, VLAN_HLEN);
    length += VLAN_HLEN;
  }
  foreign_host.receive((int)length, skb->ip_summed == CHECKSUM_UNNECESSARY);
  foreign_free_skb(skb);
}

void netif_rx(struct sk_buff *skb) { deliver(skb, ETH_HLEN); }

struct sk_buff *napi_get_frags(struct napi_struct *napi) {
  if (!napi->skb) napi->skb = foreign_alloc_skb(napi->dev, 0);
  return napi->skb;
}

void napi_gro_frags(struct napi_struct *napi) {
  struct sk_buff *skb = napi->skb;
  napi->skb = NULL;
  deliver(skb, 0);
}

void napi_free_frags(struct napi_struct *napi) {
  foreign_free_skb(napi->skb);
  napi->skb = NULL;
}

/* ---- what the loading program calls ---- */

EXPORTED int foreign_up(void) { return dev_open(foreign_dev, NULL); }

EXPORTED int foreign_down(void) { return dev_close(foreign_dev); }

EXPORTED int foreign_carrier(void) { return foreign_dev->carrier; }

/* Returns the station address. */
EXPORTED const u8 *foreign_address(void) { return foreign_dev->dev_addr; }

/* Whether a frame would be taken now. */
EXPORTED int foreign_ready(void) { return foreign_dev->running && foreign_dev->carrier && !foreign_dev->stopped; }

/*
 * Sends the frame at window[FOREIGN_FRAME_AT..length): returns 1 when the driver took it, else 0. `more`: another follows at once.
 * checksum_start not 0: the chip has to sum from there, into checksum_start + checksum_offset; segment not 0: and to cut it up.
 */
EXPORTED int foreign_transmit(int length, int more, int checksum_start, int checksum_offset, int segment) {
  struct net_device *dev = foreign_dev;
  const u8 *from = foreign_window + FOREIGN_FRAME_AT;
  unsigned int linear = min((unsigned)length, (unsigned)LINEAR);
  if (!foreign_ready()) return 0;
  struct sk_buff *skb = foreign_alloc_skb(dev, linear);
  if (!skb) return 0;
  memcpy(skb_put(skb, linear), from, linear);
  for (unsigned int at = linear, frag = 0; at < (unsigned)length; frag++) {
    unsigned int here = min((unsigned)length - at, (unsigned)PAGE_SIZE);
    struct page *page = alloc_page(GFP_KERNEL);
    memcpy(page_address(page), from + at, here);
    skb_fill_page_desc(skb, (int)frag, page, 0, (int)here);
    skb->len += here, skb->data_len += here, at += here;
  }
  memcpy(&skb->protocol, from + 2 * ETH_ALEN, sizeof skb->protocol);
  if (checksum_start) {
    skb->ip_summed = CHECKSUM_PARTIAL;
    skb->csum_start = (u16)checksum_start, skb->csum_offset = (u16)checksum_offset;
  }
  if (segment) {
    unsigned int headers = (unsigned)skb_tcp_all_headers(skb);
    skb->shared.gso_size = (u16)segment;
    skb->shared.gso_segs = (u16)DIV_ROUND_UP((unsigned)length - headers, (unsigned)segment);
  }
  foreign_more = more;
  int taken = dev->netdev_ops->ndo_start_xmit(skb, dev) == NETDEV_TX_OK;
  if (taken) dev->trans_start = jiffies;
  else foreign_free_skb(skb);
  return taken;
}

/* Promiscuous, all groups, and `groups` addresses at window[FOREIGN_FRAME_AT..). */
EXPORTED void foreign_receive_mode(int promiscuous, int all, int groups) {
  struct net_device *dev = foreign_dev;
  dev->flags &= ~(unsigned)(IFF_PROMISC | IFF_ALLMULTI);
  dev->flags |= (promiscuous ? (unsigned)IFF_PROMISC : 0) | (all ? (unsigned)IFF_ALLMULTI : 0);
  dev->mc.count = min(groups, (int)ARRAY_SIZE(dev->mc.all));
  for (int at = 0; at < dev->mc.count; at++) memcpy(dev->mc.all[at].addr, foreign_window + FOREIGN_FRAME_AT + 6 * at, ETH_ALEN);
  if (dev->flags & IFF_UP) dev->netdev_ops->ndo_set_rx_mode(dev);
}

EXPORTED int foreign_set_mtu(int mtu) { return foreign_dev->netdev_ops->ndo_change_mtu(foreign_dev, mtu); }

/* In the order of struct net_device_stats. */
EXPORTED double foreign_statistic(int at) { return (double)((const unsigned long *)&foreign_dev->stats)[at]; }

/* `ethtool -s eth0 speed 10 duplex …`: returns 0 or the driver's error. */
EXPORTED int foreign_set_duplex(int full) {
  struct ethtool_link_ksettings settings = {.base = {.autoneg = AUTONEG_DISABLE, .speed = SPEED_10, .duplex = (u8)full}};
  return foreign_dev->ethtool_ops->set_link_ksettings(foreign_dev, &settings);
}

/* `ethtool -t eth0 offline`: writes each test's result, 0 is good, and returns how many there are. */
EXPORTED int foreign_self_test(u64 *results) {
  const struct ethtool_ops *ops = foreign_dev->ethtool_ops;
  struct ethtool_test test = {.flags = ETH_TEST_FL_OFFLINE};
  ops->self_test(foreign_dev, &test, results);
  return ops->get_sset_count(foreign_dev, ETH_SS_TEST);
}
