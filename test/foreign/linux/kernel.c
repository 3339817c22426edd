/* Log, time, locks, memory, work and interrupts of kernel.h, and the functions that the loading program calls. */
#include "host.h"

struct foreign_host foreign_host;
u8 foreign_window[FOREIGN_WINDOW];
struct net_device *foreign_dev;
unsigned foreign_faults;

/* ---- the log ---- */

/* As printf, with the kernel's %pM for a station address; other pointers are printed as pointers. */
static void format_line(char *to, size_t size, const char *format, va_list given) {
  size_t length = 0;
  va_list list;
  va_copy(list, given);
  while (*format) {
    char spec[32], piece[256];
    size_t n = 0;
    int longs = 0;
    if (*format != '%') {
      if (length + 1 < size) to[length] = *format;
      length++, format++;
      continue;
    }
    do {
      if (*format == 'l' || *format == 'z') longs++;
      spec[n++] = *format++;
    } while (n < sizeof spec - 1 && *format && strchr("0123456789.-+# lzh", *format));
    char kind = *format ? *format++ : '%';
    spec[n++] = kind, spec[n] = 0;
    if (kind == 'p' && *format == 'M') {
      const u8 *at = va_arg(list, const u8 *);
      format++;
      snprintf(piece, sizeof piece, "%02x:%02x:%02x:%02x:%02x:%02x", at[0], at[1], at[2], at[3], at[4], at[5]);
    } else if (kind == 's') {
      snprintf(piece, sizeof piece, spec, va_arg(list, const char *));
    } else if (kind == 'p') {
      snprintf(piece, sizeof piece, spec, va_arg(list, void *));
    } else if (kind == '%') {
      strcpy(piece, "%");
    } else if (longs == 2) {
      snprintf(piece, sizeof piece, spec, va_arg(list, long long));
    } else if (longs == 1) {
      snprintf(piece, sizeof piece, spec, va_arg(list, long));
    } else {
      snprintf(piece, sizeof piece, spec, va_arg(list, int));
    }
    for (char *at = piece; *at; at++, length++)
      if (length + 1 < size) to[length] = *at;
  }
  if (size) to[min(length, size - 1)] = 0;
  va_end(list);
}

int printk(const char *format, ...) {
  char line[1024];
  int level = 4;
  va_list list;
  if (format[0] == '<' && format[1] && format[2] == '>') {
    if (format[1] != 'c') level = format[1] - '0';
    format += 3;
  }
  va_start(list, format);
  format_line(line, sizeof line, format, list);
  va_end(list);
  line[strcspn(line, "\n")] = 0;
  foreign_host.log(level, line);
  return 0;
}

void foreign_warn(const char *file, int line, const char *what) {
  foreign_faults++;
  printk(KERN_EMERG "%s:%d: %s", file, line, what);
}

/* A kernel would stop here; this one tells, and goes on. */
void foreign_bug(const char *file, int line, const char *what) { foreign_warn(file, line, what); }

/* ---- time ---- */

/* As the kernel: the counter is about to run over, for who compares it carelessly. */
#define FIRST_JIFFY ((unsigned long)(unsigned int)(-300 * (int)HZ))
static int locked, in_interrupt, in_softirq;

/* Looking at the clock takes time, too: who waits in a loop for it to move on must see it do so. */
unsigned long foreign_jiffies(void) {
  foreign_host.wait(0.1);
  return FIRST_JIFFY + (unsigned long)(foreign_host.now() * HZ / 1e6);
}

void udelay(unsigned long us) { foreign_host.wait((double)us); }

void cpu_relax(void) { foreign_host.wait(1); }

void foreign_may_sleep(const char *who) {
  if (locked || in_interrupt || in_softirq) foreign_warn(who, 0, "sleeps where it must not");
}

static bool serve_interrupt(void);

/* Others have the processor meanwhile: interrupts and NAPI are served, work waits for its turn. */
void foreign_sleep(unsigned long us, const char *who) {
  foreign_may_sleep(who);
  double end = foreign_host.now() + (double)us;
  while (foreign_host.now() < end) {
    double left = end - foreign_host.now();
    foreign_host.wait(min(left, 100));
    serve_interrupt();
    if (!in_softirq) {
      in_softirq = 1;
      while (foreign_poll());
      in_softirq = 0;
    }
  }
}

/* ---- locks ---- */

void foreign_spin_lock(spinlock_t *lock) {
  BUG_ON(lock->held);
  lock->held = 1;
  locked++;
}

void foreign_spin_unlock(spinlock_t *lock) {
  BUG_ON(!lock->held);
  lock->held = 0;
  locked--;
}

void mutex_lock(struct mutex *lock) {
  might_sleep();
  BUG_ON(lock->held);
  lock->held = 1;
}

void mutex_unlock(struct mutex *lock) {
  BUG_ON(!lock->held);
  lock->held = 0;
}

/* ---- memory ---- */

static int allocations;

/* What may be a packet buffer comes from the device's memory, for a driver may map it. */
void *kzalloc(size_t size, gfp_t flags) {
  (void)flags;
  if (size > PAGE_SIZE / 4 && size <= PAGE_SIZE) {
    u8 *page = foreign_page();
    return page ? memset(page, 0, PAGE_SIZE) : NULL;
  }
  allocations++;
  return calloc(1, size);
}

void kfree(const void *at) {
  if (!at) return;
  if (foreign_is_page(at)) {
    foreign_page_free(at);
    return;
  }
  allocations--;
  free((void *)at);
}

long foreign_strscpy(char *to, const char *from, size_t size) {
  size_t length = strlen(from);
  if (size == 0) return -E2BIG;
  memcpy(to, from, min(length, size - 1));
  to[min(length, size - 1)] = 0;
  return length < size ? (long)length : -E2BIG;
}

/* ---- work ---- */

static struct list_head queue = {&queue, &queue};
static struct list_head delayed = {&delayed, &delayed};

bool schedule_work(struct work_struct *work) {
  if (!list_empty(&work->queued)) return false;
  list_add_tail(&work->queued, &queue);
  return true;
}

bool schedule_delayed_work(struct delayed_work *work, unsigned long after) {
  if (!list_empty(&work->waiting) || !list_empty(&work->work.queued)) return false;
  work->due = jiffies + after;
  list_add_tail(&work->waiting, &delayed);
  return true;
}

bool cancel_work_sync(struct work_struct *work) {
  bool was = !list_empty(&work->queued);
  list_del_init(&work->queued);
  return was;
}

bool cancel_delayed_work_sync(struct delayed_work *work) {
  bool was = !list_empty(&work->waiting);
  list_del_init(&work->waiting);
  return cancel_work_sync(&work->work) || was;
}

static bool run_work(void) {
  struct delayed_work *late;
  struct work_struct *work;
  list_for_each_entry(late, &delayed, waiting) {
    if (time_before(jiffies, late->due)) continue;
    list_del_init(&late->waiting);
    schedule_work(&late->work);
    break;
  }
  if (list_empty(&queue)) return false;
  work = container_of(queue.next, struct work_struct, queued);
  list_del_init(&work->queued);
  work->function(work);
  return true;
}

/* ---- interrupts ---- */

static irq_handler_t handler;
static void *handler_data;
static unsigned unhandled;

int request_irq(unsigned int irq, irq_handler_t function, unsigned long flags, const char *name, void *data) {
  (void)irq, (void)flags, (void)name;
  if (handler) return -EBUSY;
  handler = function;
  handler_data = data;
  return 0;
}

const void *free_irq(unsigned int irq, void *data) {
  (void)irq;
  WARN_ON(!handler || data != handler_data);
  handler = NULL;
  return NULL;
}

static bool serve_interrupt(void) {
  if (!handler || locked || in_interrupt || !foreign_host.interrupt()) return false;
  in_interrupt = 1;
  if (handler(1, handler_data) == IRQ_NONE) unhandled++;
  in_interrupt = 0;
  return true;
}

/* ---- what the loading program calls ---- */

/* Before anything else. Returns the window: see host.h. */
EXPORTED u8 *foreign_attach(const struct foreign_host *host) {
  foreign_host = *host;
  return foreign_window;
}

/* Serves what is to be served now: interrupts, NAPI, work that is due, the transmit watchdog. Returns 0, or 1 when that has no end. */
EXPORTED int foreign_run(void) {
  for (int turns = 0; turns < 100000; turns++) {
    bool did = serve_interrupt();
    in_softirq = 1;
    did |= foreign_poll();
    in_softirq = 0;
    did |= run_work();
    did |= foreign_watch();
    if (!did) return 0;
  }
  return 1;
}

/* BUG, WARN and the like; allocations and pages not given back; interrupts that the handler said were not its own. */
EXPORTED unsigned foreign_fault_count(void) { return foreign_faults; }
EXPORTED int foreign_held(void) { return allocations + (int)foreign_pages_used() + (handler ? 1 : 0); }
EXPORTED unsigned foreign_unhandled(void) { return unhandled; }
