/* What ethtool asks a driver of kernel.h's, where user space's <linux/ethtool.h> has only the messages. */
#ifndef FOREIGN_ETHTOOL_H
#define FOREIGN_ETHTOOL_H

#define FOREIGN_LINK_MODES 4
struct foreign_link_modes {
  unsigned long supported[FOREIGN_LINK_MODES], advertising[FOREIGN_LINK_MODES], lp_advertising[FOREIGN_LINK_MODES];
};
/* User space's struct of that name ends in an array of no length. */
#define ethtool_link_ksettings foreign_link_ksettings
struct foreign_link_ksettings {
  struct ethtool_link_settings base;
  struct foreign_link_modes link_modes;
};
#define ethtool_link_ksettings_zero_link_mode(p, kind) memset((p)->link_modes.kind, 0, sizeof((p)->link_modes.kind))
#define ethtool_link_ksettings_add_link_mode(p, kind, mode) set_bit(ETHTOOL_LINK_MODE_##mode##_BIT, (p)->link_modes.kind)
static inline void ethtool_convert_legacy_u32_to_link_mode(unsigned long *to, u32 modes) { to[0] = modes; }
static inline bool ethtool_convert_link_mode_to_legacy_u32(u32 *to, const unsigned long *modes) { return *to = (u32)modes[0], true; }

enum ethtool_phys_id_state { ETHTOOL_ID_INACTIVE, ETHTOOL_ID_ACTIVE, ETHTOOL_ID_ON, ETHTOOL_ID_OFF };
#define ETHTOOL_COALESCE_RX_USECS 1
struct kernel_ethtool_ringparam { int unused; };
struct kernel_ethtool_coalesce { int unused; };
struct ethtool_ops {
  u32 supported_coalesce_params;
  void (*get_drvinfo)(struct net_device *, struct ethtool_drvinfo *);
  int (*get_regs_len)(struct net_device *);
  void (*get_regs)(struct net_device *, struct ethtool_regs *, void *);
  void (*get_wol)(struct net_device *, struct ethtool_wolinfo *);
  int (*set_wol)(struct net_device *, struct ethtool_wolinfo *);
  u32 (*get_msglevel)(struct net_device *);
  void (*set_msglevel)(struct net_device *, u32);
  int (*nway_reset)(struct net_device *);
  u32 (*get_link)(struct net_device *);
  int (*get_eeprom_len)(struct net_device *);
  int (*get_eeprom)(struct net_device *, struct ethtool_eeprom *, u8 *);
  int (*set_eeprom)(struct net_device *, struct ethtool_eeprom *, u8 *);
  void (*get_ringparam)(struct net_device *, struct ethtool_ringparam *, struct kernel_ethtool_ringparam *, struct netlink_ext_ack *);
  int (*set_ringparam)(struct net_device *, struct ethtool_ringparam *, struct kernel_ethtool_ringparam *, struct netlink_ext_ack *);
  void (*get_pauseparam)(struct net_device *, struct ethtool_pauseparam *);
  int (*set_pauseparam)(struct net_device *, struct ethtool_pauseparam *);
  void (*self_test)(struct net_device *, struct ethtool_test *, u64 *);
  void (*get_strings)(struct net_device *, u32, u8 *);
  int (*set_phys_id)(struct net_device *, enum ethtool_phys_id_state);
  void (*get_ethtool_stats)(struct net_device *, struct ethtool_stats *, u64 *);
  int (*get_sset_count)(struct net_device *, int);
  int (*get_coalesce)(struct net_device *, struct ethtool_coalesce *, struct kernel_ethtool_coalesce *, struct netlink_ext_ack *);
  int (*set_coalesce)(struct net_device *, struct ethtool_coalesce *, struct kernel_ethtool_coalesce *, struct netlink_ext_ack *);
  int (*get_ts_info)(struct net_device *, struct ethtool_ts_info *);
  int (*get_link_ksettings)(struct net_device *, struct ethtool_link_ksettings *);
  int (*set_link_ksettings)(struct net_device *, const struct ethtool_link_ksettings *);
};
static inline int ethtool_op_get_ts_info(struct net_device *dev, struct ethtool_ts_info *info) { return (void)dev, (void)info, 0; }

#endif
