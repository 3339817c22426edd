/*
 * As much of Linux's driver interface as Linux's own enc28j60 and e1000 drivers ask for, so that they run in a process of ours, in
 * virtual time, on our chip models. Written for this project from what those drivers call; nothing of Linux's is in it. The compiler
 * is told to include it in front of every file (-include), and every kernel header that a driver names is an empty file.
 *
 * One thread plays the kernel: it runs interrupt handlers, NAPI, timers and work one after another, never one inside another. Locks
 * have nothing to do, therefore; they are only watched, for who sleeps while holding a spinlock is wrong.
 */
#ifndef FOREIGN_KERNEL_H
#define FOREIGN_KERNEL_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/types.h>
#include <asm/byteorder.h>

/* ---- what the shim exports to the program that loads it ---- */

#define EXPORTED __attribute__((visibility("default")))

/* ---- types ---- */

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;
typedef unsigned int uint;
typedef unsigned int gfp_t;
typedef u64 dma_addr_t;
typedef u64 phys_addr_t;
typedef u64 resource_size_t;
typedef u64 netdev_features_t;

#define __init
#define __exit
#define __iomem
#define __read_mostly
#define __maybe_unused __attribute__((unused))
#define __always_unused __attribute__((unused))
#define __packed __attribute__((packed))
#define fallthrough __attribute__((fallthrough))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, value) (*(volatile __typeof__(x) *)&(x) = (value))
#define smp_load_acquire(p) READ_ONCE(*(p))
#define smp_store_release(p, value) WRITE_ONCE(*(p), value)
#define smp_mb() __sync_synchronize()
#define smp_mb__before_atomic() __sync_synchronize()
#define mb() __sync_synchronize()
#define wmb() __sync_synchronize()
#define rmb() __sync_synchronize()
#define dma_wmb() __sync_synchronize()
#define dma_rmb() __sync_synchronize()
#define prefetch(x) ((void)(x))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define ALIGN(x, a) (((x) + (a)-1) & ~((__typeof__(x))(a)-1))
#define DIV_ROUND_UP(n, d) (((n) + (d)-1) / (d))
#define BITS_PER_LONG ((int)(8 * sizeof(long)))
#define BITS_TO_LONGS(n) DIV_ROUND_UP(n, BITS_PER_LONG)
#define BIT(n) (1UL << (n))
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define min_t(type, a, b) min((type)(a), (type)(b))
#define max_t(type, a, b) max((type)(a), (type)(b))
#define container_of(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))
#define cpu_to_le16(x) __cpu_to_le16(x)
#define cpu_to_le32(x) __cpu_to_le32(x)
#define cpu_to_le64(x) __cpu_to_le64(x)
#define le16_to_cpu(x) __le16_to_cpu(x)
#define le32_to_cpu(x) __le32_to_cpu(x)
#define le64_to_cpu(x) __le64_to_cpu(x)
#define cpu_to_le16s(at) ((void)(*(at) = __cpu_to_le16(*(at))))
#define le16_to_cpus(at) cpu_to_le16s(at)
#define cpu_to_be16(x) __cpu_to_be16(x)
#define be16_to_cpu(x) __be16_to_cpu(x)
#define htons(x) __cpu_to_be16(x)
#define ntohs(x) __be16_to_cpu(x)
#define IS_ERR_VALUE(x) ((unsigned long)(x) >= (unsigned long)-4095)

static inline int fls(unsigned int x) { return x ? 32 - __builtin_clz(x) : 0; }
static inline void set_bit(long n, volatile unsigned long *at) { at[n / BITS_PER_LONG] |= 1UL << (n % BITS_PER_LONG); }
static inline void clear_bit(long n, volatile unsigned long *at) { at[n / BITS_PER_LONG] &= ~(1UL << (n % BITS_PER_LONG)); }
static inline int test_bit(long n, const volatile unsigned long *at) { return (at[n / BITS_PER_LONG] >> (n % BITS_PER_LONG)) & 1; }
#define for_each_set_bit(bit, at, size)                                                                                              \
  for (bit = 0; (bit) < (size); (bit)++)                                                                                             \
    if (test_bit(bit, at))
static inline int test_and_set_bit(long n, volatile unsigned long *at) {
  int was = test_bit(n, at);
  set_bit(n, at);
  return was;
}

/* ---- errors of the kernel that user space does not have ---- */

#define ENOTSUPP 524
#define BUG() foreign_bug(__FILE__, __LINE__, "BUG")
#define BUG_ON(condition) ((condition) ? foreign_bug(__FILE__, __LINE__, #condition) : (void)0)
#define WARN_ON(condition) ({ bool hit_ = !!(condition); if (hit_) foreign_warn(__FILE__, __LINE__, #condition); hit_; })
#define might_sleep() foreign_may_sleep(__func__)
void foreign_bug(const char *file, int line, const char *what);
void foreign_warn(const char *file, int line, const char *what);
void foreign_may_sleep(const char *who);

/* ---- the log ---- */

#define KERN_EMERG "<0>"
#define KERN_ERR "<3>"
#define KERN_WARNING "<4>"
#define KERN_NOTICE "<5>"
#define KERN_INFO "<6>"
#define KERN_DEBUG "<7>"
#define KERN_CONT "<c>"
int printk(const char *format, ...);
#ifndef pr_fmt
#define pr_fmt(format) format
#endif
#define pr_err(format, ...) printk(KERN_ERR pr_fmt(format), ##__VA_ARGS__)
#define pr_warn(format, ...) printk(KERN_WARNING pr_fmt(format), ##__VA_ARGS__)
#define pr_info(format, ...) printk(KERN_INFO pr_fmt(format), ##__VA_ARGS__)
#define pr_cont(format, ...) printk(KERN_CONT format, ##__VA_ARGS__)
#define dev_printk(level, dev, format, ...) ((void)(dev), printk(level format, ##__VA_ARGS__))
#define dev_err(dev, format, ...) dev_printk(KERN_ERR, dev, format, ##__VA_ARGS__)
#define dev_warn(dev, format, ...) dev_printk(KERN_WARNING, dev, format, ##__VA_ARGS__)
#define dev_info(dev, format, ...) dev_printk(KERN_INFO, dev, format, ##__VA_ARGS__)
#define dev_dbg(dev, format, ...) dev_printk(KERN_DEBUG, dev, format, ##__VA_ARGS__)
enum { DUMP_PREFIX_NONE, DUMP_PREFIX_ADDRESS, DUMP_PREFIX_OFFSET };
static inline void print_hex_dump(const char *level, const char *prefix, int kind, int row, int group, const void *at, size_t length,
                                  bool ascii) {
  (void)level, (void)prefix, (void)kind, (void)row, (void)group, (void)at, (void)length, (void)ascii;
}
#define net_ratelimit() 1

/* ---- time ---- */

#define HZ 250UL
#define jiffies foreign_jiffies()
unsigned long foreign_jiffies(void);
#define time_after(a, b) ((long)((b) - (a)) < 0)
#define time_before(a, b) time_after(b, a)
#define time_after_eq(a, b) ((long)((a) - (b)) >= 0)
static inline unsigned long msecs_to_jiffies(unsigned int ms) { return (ms * HZ + 999) / 1000; }
static inline unsigned long round_jiffies(unsigned long at) { return at; }
void udelay(unsigned long us);
#define mdelay(ms) udelay(1000UL * (ms))
#define ndelay(ns) udelay(((ns) + 999) / 1000)
/* Time that a register access or a turn of a waiting loop takes. */
void cpu_relax(void);
void foreign_sleep(unsigned long us, const char *who);
#define cond_resched() ((void)0)
#define msleep(ms) foreign_sleep(1000UL * (ms), __func__)
#define ssleep(s) msleep(1000UL * (s))
#define usleep_range(least, most) ((void)(most), foreign_sleep(least, __func__))
static inline unsigned long msleep_interruptible(unsigned int ms) { return foreign_sleep(1000UL * ms, __func__), 0; }

/* ---- locks: watched only ---- */

typedef struct { int held; } spinlock_t;
struct mutex { int held; };
typedef struct { int counter; } atomic_t;
void foreign_spin_lock(spinlock_t *lock);
void foreign_spin_unlock(spinlock_t *lock);
void mutex_lock(struct mutex *lock);
void mutex_unlock(struct mutex *lock);
#define spin_lock_init(lock) ((lock)->held = 0)
#define spin_lock(lock) foreign_spin_lock(lock)
#define spin_unlock(lock) foreign_spin_unlock(lock)
#define spin_lock_irqsave(lock, flags) ((flags) = 0, foreign_spin_lock(lock))
#define spin_unlock_irqrestore(lock, flags) ((void)(flags), foreign_spin_unlock(lock))
#define mutex_init(lock) ((lock)->held = 0)
#define DEFINE_SPINLOCK(name) spinlock_t name
#define DEFINE_MUTEX(name) struct mutex name
static inline void atomic_set(atomic_t *at, int value) { at->counter = value; }
static inline int atomic_read(const atomic_t *at) { return at->counter; }
static inline void rtnl_lock(void) {}
static inline void rtnl_unlock(void) {}

/* ---- memory: all of it is counted, so that a driver can be asked to give everything back ---- */

#define GFP_KERNEL 0x1u
#define GFP_ATOMIC 0x2u
#define PAGE_SIZE 4096
void *kzalloc(size_t size, gfp_t flags);
void kfree(const void *at);
#define kmalloc(size, flags) kzalloc(size, flags)
#define kcalloc(count, size, flags) kzalloc((size_t)(count) * (size), flags)
#define kmalloc_array(count, size, flags) kcalloc(count, size, flags)
#define vzalloc(size) kzalloc(size, GFP_KERNEL)
#define vmalloc(size) kzalloc(size, GFP_KERNEL)
#define vfree(at) kfree(at)
#define strscpy(to, from, size) foreign_strscpy(to, from, size)
#define strlcpy(to, from, size) foreign_strscpy(to, from, size)
long foreign_strscpy(char *to, const char *from, size_t size);

/* ---- lists ---- */

struct list_head { struct list_head *next, *prev; };
static inline void INIT_LIST_HEAD(struct list_head *list) { list->next = list->prev = list; }
static inline void list_add_tail(struct list_head *entry, struct list_head *list) {
  entry->next = list;
  entry->prev = list->prev;
  list->prev->next = entry;
  list->prev = entry;
}
static inline void list_del_init(struct list_head *entry) {
  entry->prev->next = entry->next;
  entry->next->prev = entry->prev;
  INIT_LIST_HEAD(entry);
}
static inline bool list_empty(const struct list_head *list) { return list->next == list; }
#define list_for_each_entry(at, list, member)                                                                                        \
  for (at = container_of((list)->next, __typeof__(*at), member); &at->member != (list);                                              \
       at = container_of(at->member.next, __typeof__(*at), member))

/* ---- work: one queue, served in order; delayed work is due in jiffies ---- */

struct work_struct;
typedef void (*work_func_t)(struct work_struct *);
struct work_struct {
  work_func_t function;
  struct list_head queued;
};
struct delayed_work {
  struct work_struct work;
  struct list_head waiting;
  unsigned long due;
};
#define INIT_WORK(w, f) ((w)->function = (f), INIT_LIST_HEAD(&(w)->queued))
#define INIT_DELAYED_WORK(d, f) (INIT_WORK(&(d)->work, f), INIT_LIST_HEAD(&(d)->waiting))
bool schedule_work(struct work_struct *work);
bool schedule_delayed_work(struct delayed_work *delayed, unsigned long after);
bool cancel_work_sync(struct work_struct *work);
bool cancel_delayed_work_sync(struct delayed_work *delayed);

/* ---- interrupts ---- */

typedef enum { IRQ_NONE, IRQ_HANDLED, IRQ_WAKE_THREAD } irqreturn_t;
typedef irqreturn_t (*irq_handler_t)(int irq, void *data);
#define IRQF_SHARED 0x80
#define IRQF_PROBE_SHARED 0x100
int request_irq(unsigned int irq, irq_handler_t handler, unsigned long flags, const char *name, void *data);
const void *free_irq(unsigned int irq, void *data);
static inline void synchronize_irq(unsigned int irq) { (void)irq; }
static inline void disable_irq(unsigned int irq) { (void)irq; }
static inline void enable_irq(unsigned int irq) { (void)irq; }

/* ---- modules and devices ---- */

struct device_driver;
struct device {
  struct device *parent;
  void *driver_data;
  struct device_driver *driver;
};
struct dev_pm_ops { int unused; };
struct of_device_id { const char *compatible; };
struct device_driver {
  const char *name;
  const struct of_device_id *of_match_table;
  const struct dev_pm_ops *pm;
};
#define SIMPLE_DEV_PM_OPS(name, suspend_, resume_) const struct dev_pm_ops name = {0}
#define MODULE_AUTHOR(text)
#define MODULE_DESCRIPTION(text)
#define MODULE_LICENSE(text)
#define MODULE_ALIAS(text)
#define MODULE_PARM_DESC(name, text)
#define MODULE_DEVICE_TABLE(bus, table)
#define module_param(name, type, mode)
#define module_param_named(name, variable, type, mode)
#define module_param_array_named(name, variable, type, count, mode)
#define __MODULE_STRING_1(x) #x
#define __MODULE_STRING(x) __MODULE_STRING_1(x)
#define module_init(function) int foreign_module_init(void) { return function(); }
#define module_exit(function) void foreign_module_exit(void) { function(); }
int foreign_module_init(void);
void foreign_module_exit(void);
static inline const char *dev_name(const struct device *dev) { return (void)dev, "foreign0"; }
static inline void *dev_get_drvdata(const struct device *dev) { return dev->driver_data; }
static inline void dev_set_drvdata(struct device *dev, void *data) { dev->driver_data = data; }
static inline int device_set_wakeup_enable(struct device *dev, bool enable) { return (void)dev, (void)enable, 0; }
static inline bool device_may_wakeup(struct device *dev) { return (void)dev, false; }
enum { SYSTEM_RUNNING, SYSTEM_POWER_OFF };
#define system_state SYSTEM_RUNNING
static inline bool device_can_wakeup(struct device *dev) { return (void)dev, true; }
static inline bool capable(int what) { return (void)what, true; }
#define CAP_NET_ADMIN 12
static inline bool of_have_populated_dt(void) { return false; }

#include "net.h"
#include "bus.h"

#endif
