/* Network devices, packets, NAPI and ethtool for kernel.h's drivers. See net.c. */
#ifndef FOREIGN_NET_H
#define FOREIGN_NET_H

#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/if_vlan.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/mii.h>
#include <linux/netdevice.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#undef ETH_ALEN
#define ETH_ALEN 6
#define VLAN_HLEN 4
#define VLAN_N_VID 4096
#define VLAN_ETH_FRAME_LEN 1518
#define NET_IP_ALIGN 0
#define NET_SKB_PAD 64
#define MAX_SKB_FRAGS 17
#define SKB_DATA_ALIGN(n) ALIGN(n, 64)

struct net_device;

/* ---- packets ---- */

struct page;
typedef struct {
  struct page *page;
  unsigned int offset, size;
} skb_frag_t;
struct skb_shared_info {
  unsigned int nr_frags;
  unsigned short gso_size, gso_segs;
  skb_frag_t frags[MAX_SKB_FRAGS];
};
struct sk_buff {
  struct net_device *dev;
  u8 *head, *data;
  unsigned int len, data_len, truesize;
  __be16 protocol, vlan_proto;
  u16 vlan_tci;
  bool vlan_present, no_fcs;
  u8 ip_summed;
  u16 csum_start, csum_offset;
  struct skb_shared_info shared;
};
enum { CHECKSUM_NONE, CHECKSUM_UNNECESSARY, CHECKSUM_COMPLETE, CHECKSUM_PARTIAL };
#define skb_shinfo(skb) (&(skb)->shared)
struct sk_buff *foreign_alloc_skb(struct net_device *dev, unsigned int length);
struct sk_buff *napi_build_skb(void *data, unsigned int size);
void foreign_free_skb(struct sk_buff *skb);
void *netdev_alloc_frag(unsigned int size);
void skb_free_frag(void *data);
u8 *skb_put(struct sk_buff *skb, unsigned int length);
#define netdev_alloc_skb(dev, length) foreign_alloc_skb(dev, length)
#define napi_alloc_skb(napi, length) foreign_alloc_skb((napi)->dev, length)
#define alloc_skb(length, flags) foreign_alloc_skb(NULL, length)
#define dev_kfree_skb(skb) foreign_free_skb(skb)
#define dev_kfree_skb_any(skb) foreign_free_skb(skb)
#define dev_consume_skb_any(skb) foreign_free_skb(skb)
#define napi_consume_skb(skb, budget) ((void)(budget), foreign_free_skb(skb))
#define kfree_skb(skb) foreign_free_skb(skb)
static inline void skb_reserve(struct sk_buff *skb, int bytes) { skb->data += bytes; }
static inline unsigned int skb_headlen(const struct sk_buff *skb) { return skb->len - skb->data_len; }
static inline u8 *skb_tail_pointer(const struct sk_buff *skb) { return skb->data + skb_headlen(skb); }
static inline void skb_trim(struct sk_buff *skb, unsigned int length) { skb->len = min(skb->len, length); }
static inline void skb_put_data(struct sk_buff *skb, const void *from, unsigned int length) { memcpy(skb_put(skb, length), from, length); }
static inline unsigned int skb_frag_size(const skb_frag_t *frag) { return frag->size; }
static inline struct page *skb_frag_page(const skb_frag_t *frag) { return frag->page; }
void skb_fill_page_desc(struct sk_buff *skb, int at, struct page *page, int offset, int size);
int pskb_trim(struct sk_buff *skb, unsigned int length);
int eth_skb_pad(struct sk_buff *skb);
static inline u8 *__pskb_pull_tail(struct sk_buff *skb, int length) { return (void)skb, (void)length, NULL; }
static inline int skb_cow_head(struct sk_buff *skb, unsigned int room) { return (void)skb, (void)room, 0; }
static inline bool skb_is_gso(const struct sk_buff *skb) { return skb->shared.gso_size != 0; }
static inline bool skb_is_gso_v6(const struct sk_buff *skb) { return skb_is_gso(skb) && skb->protocol == __cpu_to_be16(ETH_P_IPV6); }
static inline struct iphdr *ip_hdr(const struct sk_buff *skb) { return (struct iphdr *)(skb->data + ETH_HLEN); }
static inline struct ipv6hdr *ipv6_hdr(const struct sk_buff *skb) { return (struct ipv6hdr *)(skb->data + ETH_HLEN); }
static inline struct tcphdr *tcp_hdr(const struct sk_buff *skb) { return (struct tcphdr *)(skb->data + skb->csum_start); }
static inline int skb_network_offset(const struct sk_buff *skb) { return (void)skb, ETH_HLEN; }
static inline int skb_transport_offset(const struct sk_buff *skb) { return skb->csum_start; }
static inline int skb_checksum_start_offset(const struct sk_buff *skb) { return skb->csum_start; }
static inline int skb_tcp_all_headers(const struct sk_buff *skb) { return skb->csum_start + 4 * tcp_hdr(skb)->doff; }
static inline void skb_checksum_none_assert(const struct sk_buff *skb) { (void)skb; }
static inline void skb_tx_timestamp(struct sk_buff *skb) { (void)skb; }
static inline __be16 vlan_get_protocol(const struct sk_buff *skb) { return skb->protocol; }
static inline bool skb_vlan_tag_present(const struct sk_buff *skb) { return skb->vlan_present; }
static inline u16 skb_vlan_tag_get(const struct sk_buff *skb) { return skb->vlan_tci; }
static inline void __vlan_hwaccel_put_tag(struct sk_buff *skb, __be16 proto, u16 tci) {
  skb->vlan_proto = proto, skb->vlan_tci = tci, skb->vlan_present = true;
}
u16 csum_tcpudp_magic(__be32 from, __be32 to, u32 length, u8 protocol, u32 sum);
static inline void tcp_v6_gso_csum_prep(struct sk_buff *skb) { (void)skb, BUG(); }

/* ---- devices ---- */

typedef enum { NETDEV_TX_OK = 0, NETDEV_TX_BUSY = 0x10 } netdev_tx_t;
#define NETIF_F_SG BIT(0)
#define NETIF_F_HW_CSUM BIT(3)
#define NETIF_F_HIGHDMA BIT(5)
#define NETIF_F_HW_VLAN_CTAG_TX BIT(7)
#define NETIF_F_HW_VLAN_CTAG_RX BIT(8)
#define NETIF_F_HW_VLAN_CTAG_FILTER BIT(9)
#define NETIF_F_TSO BIT(16)
#define NETIF_F_RXCSUM BIT(29)
#define NETIF_F_RXFCS BIT(38)
#define NETIF_F_RXALL BIT(39)
#define IFF_UNICAST_FLT BIT(17)
#define IFF_SUPP_NOFCS BIT(19)

struct net_device_stats {
  unsigned long rx_packets, tx_packets, rx_bytes, tx_bytes, rx_errors, tx_errors, rx_dropped, tx_dropped, multicast, collisions;
  unsigned long rx_length_errors, rx_over_errors, rx_crc_errors, rx_frame_errors, rx_fifo_errors, rx_missed_errors;
  unsigned long tx_aborted_errors, tx_carrier_errors, tx_fifo_errors, tx_heartbeat_errors, tx_window_errors;
};
struct netdev_hw_addr { u8 addr[ETH_ALEN]; };
struct netdev_hw_addr_list {
  int count;
  struct netdev_hw_addr all[64];
};
struct netlink_ext_ack { int unused; };
struct napi_struct {
  struct net_device *dev;
  int (*poll)(struct napi_struct *napi, int budget);
  bool scheduled, disabled;
  struct sk_buff *skb;
};
struct net_device_ops {
  int (*ndo_open)(struct net_device *dev);
  int (*ndo_stop)(struct net_device *dev);
  netdev_tx_t (*ndo_start_xmit)(struct sk_buff *skb, struct net_device *dev);
  void (*ndo_set_rx_mode)(struct net_device *dev);
  int (*ndo_set_mac_address)(struct net_device *dev, void *address);
  void (*ndo_tx_timeout)(struct net_device *dev, unsigned int queue);
  int (*ndo_change_mtu)(struct net_device *dev, int mtu);
  int (*ndo_eth_ioctl)(struct net_device *dev, struct ifreq *request, int command);
  int (*ndo_validate_addr)(struct net_device *dev);
  int (*ndo_vlan_rx_add_vid)(struct net_device *dev, __be16 proto, u16 vid);
  int (*ndo_vlan_rx_kill_vid)(struct net_device *dev, __be16 proto, u16 vid);
  netdev_features_t (*ndo_fix_features)(struct net_device *dev, netdev_features_t features);
  int (*ndo_set_features)(struct net_device *dev, netdev_features_t features);
};
struct ethtool_ops;
struct net_device {
  char name[IFNAMSIZ];
  struct device dev;
  const struct net_device_ops *netdev_ops;
  const struct ethtool_ops *ethtool_ops;
  struct net_device_stats stats;
  netdev_features_t features, hw_features, vlan_features;
  unsigned long priv_flags;
  unsigned int flags, mtu, min_mtu, max_mtu;
  unsigned char addr_len, if_port;
  unsigned char dev_addr[32];
  int irq;
  unsigned long watchdog_timeo, trans_start;
  struct netdev_hw_addr_list uc, mc;
  struct napi_struct *napi;
  bool registered, running, stopped, carrier;
  void *priv;
};

static inline struct mii_ioctl_data *if_mii(struct ifreq *request) { return (struct mii_ioctl_data *)&request->ifr_ifru; }
struct netdev_queue { int unused; };
struct net_device *alloc_etherdev(int private_size);
void free_netdev(struct net_device *dev);
int register_netdev(struct net_device *dev);
void unregister_netdev(struct net_device *dev);
int dev_close(struct net_device *dev);
int dev_open(struct net_device *dev, struct netlink_ext_ack *ack);
#define SET_NETDEV_DEV(net, device) ((net)->dev.parent = (device))
static inline void *netdev_priv(const struct net_device *dev) { return dev->priv; }
static inline bool netif_running(const struct net_device *dev) { return dev->running; }
static inline bool netif_device_present(const struct net_device *dev) { return (void)dev, true; }
static inline void netif_device_attach(struct net_device *dev) { (void)dev; }
static inline void netif_device_detach(struct net_device *dev) { (void)dev; }
static inline bool netif_carrier_ok(const struct net_device *dev) { return dev->carrier; }
void netif_carrier_on(struct net_device *dev);
void netif_carrier_off(struct net_device *dev);
static inline bool netif_queue_stopped(const struct net_device *dev) { return dev->stopped; }
static inline void netif_stop_queue(struct net_device *dev) { dev->stopped = true; }
static inline void netif_start_queue(struct net_device *dev) { dev->stopped = false; }
static inline void netif_wake_queue(struct net_device *dev) { dev->stopped = false; }
static inline void netif_tx_disable(struct net_device *dev) { dev->stopped = true; }
static inline struct netdev_queue *netdev_get_tx_queue(struct net_device *dev, int at) { return (void)at, (struct netdev_queue *)dev; }
static inline bool netif_xmit_stopped(struct netdev_queue *queue) { return ((struct net_device *)queue)->stopped; }
extern bool foreign_more;
static inline bool netdev_xmit_more(void) { return foreign_more; }
/* Bytes that the driver says it gave to the chip, and that the chip gave back: at most as many. */
void netdev_sent_queue(struct net_device *dev, unsigned int bytes);
void netdev_completed_queue(struct net_device *dev, unsigned int packets, unsigned int bytes);
void netdev_reset_queue(struct net_device *dev);

int eth_validate_addr(struct net_device *dev);
__be16 eth_type_trans(struct sk_buff *skb, struct net_device *dev);
static inline bool is_multicast_ether_addr(const u8 *at) { return at[0] & 1; }
static inline bool is_broadcast_ether_addr(const u8 *at) { return (at[0] & at[1] & at[2] & at[3] & at[4] & at[5]) == 0xff; }
static inline bool is_zero_ether_addr(const u8 *at) { return !(at[0] | at[1] | at[2] | at[3] | at[4] | at[5]); }
static inline bool is_valid_ether_addr(const u8 *at) { return !is_multicast_ether_addr(at) && !is_zero_ether_addr(at); }
static inline void eth_hw_addr_set(struct net_device *dev, const u8 *address) { memcpy(dev->dev_addr, address, ETH_ALEN); }
void eth_hw_addr_random(struct net_device *dev);
int device_get_ethdev_address(struct device *device, struct net_device *dev);
#define netdev_uc_count(dev) ((dev)->uc.count)
#define netdev_uc_empty(dev) (netdev_uc_count(dev) == 0)
#define netdev_mc_count(dev) ((dev)->mc.count)
#define netdev_mc_empty(dev) (netdev_mc_count(dev) == 0)
#define netdev_for_each_hw_addr(at, list) for (at = (list)->all; at < (list)->all + (list)->count; at++)
#define netdev_for_each_uc_addr(at, dev) netdev_for_each_hw_addr(at, &(dev)->uc)
#define netdev_for_each_mc_addr(at, dev) netdev_for_each_hw_addr(at, &(dev)->mc)

/* ---- receiving ---- */

void netif_rx(struct sk_buff *skb);
void netif_napi_add(struct net_device *dev, struct napi_struct *napi, int (*poll)(struct napi_struct *, int));
static inline void netif_napi_del(struct napi_struct *napi) { napi->dev->napi = NULL; }
void napi_enable(struct napi_struct *napi);
void napi_disable(struct napi_struct *napi);
bool napi_schedule_prep(struct napi_struct *napi);
void __napi_schedule(struct napi_struct *napi);
bool napi_complete_done(struct napi_struct *napi, int work);
#define napi_gro_receive(napi, skb) ((void)(napi), netif_rx(skb))
struct sk_buff *napi_get_frags(struct napi_struct *napi);
void napi_gro_frags(struct napi_struct *napi);
void napi_free_frags(struct napi_struct *napi);

/* ---- messages ---- */

enum {
  NETIF_MSG_DRV = 0x1, NETIF_MSG_PROBE = 0x2, NETIF_MSG_LINK = 0x4, NETIF_MSG_TIMER = 0x8, NETIF_MSG_IFDOWN = 0x10,
  NETIF_MSG_IFUP = 0x20, NETIF_MSG_RX_ERR = 0x40, NETIF_MSG_TX_ERR = 0x80, NETIF_MSG_TX_QUEUED = 0x100, NETIF_MSG_INTR = 0x200,
  NETIF_MSG_TX_DONE = 0x400, NETIF_MSG_RX_STATUS = 0x800, NETIF_MSG_PKTDATA = 0x1000, NETIF_MSG_HW = 0x2000,
};
#define netif_msg_drv(p) ((p)->msg_enable & NETIF_MSG_DRV)
#define netif_msg_probe(p) ((p)->msg_enable & NETIF_MSG_PROBE)
#define netif_msg_link(p) ((p)->msg_enable & NETIF_MSG_LINK)
#define netif_msg_timer(p) ((p)->msg_enable & NETIF_MSG_TIMER)
#define netif_msg_ifdown(p) ((p)->msg_enable & NETIF_MSG_IFDOWN)
#define netif_msg_ifup(p) ((p)->msg_enable & NETIF_MSG_IFUP)
#define netif_msg_rx_err(p) ((p)->msg_enable & NETIF_MSG_RX_ERR)
#define netif_msg_tx_err(p) ((p)->msg_enable & NETIF_MSG_TX_ERR)
#define netif_msg_tx_queued(p) ((p)->msg_enable & NETIF_MSG_TX_QUEUED)
#define netif_msg_intr(p) ((p)->msg_enable & NETIF_MSG_INTR)
#define netif_msg_tx_done(p) ((p)->msg_enable & NETIF_MSG_TX_DONE)
#define netif_msg_rx_status(p) ((p)->msg_enable & NETIF_MSG_RX_STATUS)
#define netif_msg_pktdata(p) ((p)->msg_enable & NETIF_MSG_PKTDATA)
#define netif_msg_hw(p) ((p)->msg_enable & NETIF_MSG_HW)
static inline u32 netif_msg_init(int asked, int normal) { return asked < 0 || asked >= 32 ? (u32)normal : (1u << asked) - 1; }
#define netdev_printk(level, dev, format, ...) printk(level "%s: " format, (dev)->name, ##__VA_ARGS__)
#define netdev_err(dev, format, ...) netdev_printk(KERN_ERR, dev, format, ##__VA_ARGS__)
#define netdev_warn(dev, format, ...) netdev_printk(KERN_WARNING, dev, format, ##__VA_ARGS__)
#define netdev_notice(dev, format, ...) netdev_printk(KERN_NOTICE, dev, format, ##__VA_ARGS__)
#define netdev_info(dev, format, ...) netdev_printk(KERN_INFO, dev, format, ##__VA_ARGS__)
#define netdev_dbg(dev, format, ...) netdev_printk(KERN_DEBUG, dev, format, ##__VA_ARGS__)
#define netdev_WARN_ONCE(dev, format, ...) (foreign_warn((dev)->name, __LINE__, format), 0)
#define netif_err(p, kind, dev, format, ...) (netif_msg_##kind(p) ? netdev_err(dev, format, ##__VA_ARGS__) : 0)
#define netif_warn(p, kind, dev, format, ...) (netif_msg_##kind(p) ? netdev_warn(dev, format, ##__VA_ARGS__) : 0)
#define netif_notice(p, kind, dev, format, ...) (netif_msg_##kind(p) ? netdev_notice(dev, format, ##__VA_ARGS__) : 0)
#define netif_info(p, kind, dev, format, ...) (netif_msg_##kind(p) ? netdev_info(dev, format, ##__VA_ARGS__) : 0)

#include "ethtool.h"

#endif
