/*
 * lwIP doing what the bench's subjects do, for a figure next to ours: `lwip send BYTES NEIGHBOURS [OPS]`, `lwip send-ring BYTES NEIGHBOURS [OPS]`,
 * `lwip arp [OPS]`, `lwip arp-ring [OPS]`, `lwip take BYTES [OPS]`, `lwip receive BYTES [OPS]`. Prints one line, "NANOSECONDS BYTES": of one operation, the latter what it asked malloc() for when built with -DCOUNT_ALLOCATIONS, else -1.
 * `lwip version` prints lwIP's. Without OPS it does as many as fill 20 ms. Built by lwip.ts against Debian's liblwip-dev; its raw API, in one thread.
 *
 * The work is the same as on the in-process wire: a payload is copied into packet memory and the frame onto the wire; a request or a
 * datagram (take) is put on the wire and copied into packet memory, and an answer copied onto the wire. The wire has a ring of 64 frames each
 * way, and what went out arrives at a station after each burst.
 * With `receive`, `send-ring` and `arp-ring` there is a driver between lwIP and the wire, and two rings of descriptors as an e1000's, with
 * the DMA engine of ring-engine.ts: 64 frames are copied into buffers and their descriptors written, then the driver is polled. It hands a
 * frame up where it lies, in a pbuf that belongs to its buffer (PBUF_REF), writes a descriptor for each that goes out, keeps its pbuf until
 * the engine has marked that as done, and rings the doorbell once a poll. That is as little as a driver for lwIP can do: the chip pads.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <lwip/udp.h>
#include <netif/ethernet.h>

enum { RING = 64, FRAME = 1514, ARP_FRAME = 42, DESCRIPTORS = 256, BUFFER = 2048, BURST = 64, POOL_BUFFER = 500, ROUND_NS = 20000000 };

#ifdef COUNT_ALLOCATIONS
/* This Debian build takes all its memory from malloc() (MEM_LIBC_MALLOC, MEMP_MEM_MALLOC); ours is found first. */
static uint64_t asked;
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);

void *malloc(size_t size) {
  asked += size;
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  asked += count * size;
  return __libc_calloc(count, size);
}
#endif

static uint8_t wire[RING][FRAME], incoming[RING][FRAME];
static uint16_t wire_length[RING];
static unsigned slot, arrived, next_incoming;
static uint64_t frames;
static struct netif eth0;

static void fail(const char *what) {
  fprintf(stderr, "lwip: %s\n", what);
  exit(1);
}

static err_t put_on_wire(struct netif *netif, struct pbuf *p) {
  (void)netif;
  wire_length[slot % RING] = pbuf_copy_partial(p, wire[slot % RING], FRAME, 0);
  slot++;
  return ERR_OK;
}

/* The other end of the wire: frames arrive one by one, and somebody looks at each. */
static uint8_t seen;

static void __attribute__((noinline)) station(const uint8_t *frame, uint16_t length) {
  seen = frame[length - 1];
  frames++;
}

static void arrive(void) {
  for (; arrived != slot; arrived++) station(wire[arrived % RING], wire_length[arrived % RING]);
}

static err_t set_up(struct netif *netif) {
  static const uint8_t address[ETH_HWADDR_LEN] = {2, 0, 0, 0, 0, 1};
  netif->name[0] = 'e';
  netif->name[1] = 't';
  netif->mtu = 1500;
  netif->hwaddr_len = sizeof address;
  memcpy(netif->hwaddr, address, sizeof address);
  netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
  netif->output = etharp_output;
  netif->linkoutput = put_on_wire;
  return ERR_OK;
}

/* 10.0.0.2 and those that follow; each has its number as the end of its hardware address. */
static uint32_t peer(unsigned number) { return 0x0a000002 + number; }

/* An ARP frame from a peer (RFC 826): 1 asks for us, 2 answers us. */
static void arp_frame(uint8_t *at, unsigned number, uint8_t operation) {
  static const uint8_t kind[] = {8, 6, 0, 1, 8, 0, 6, 4, 0};
  const uint8_t sender[] = {2, 0, 0, 1, (uint8_t)(number >> 8), (uint8_t)number};
  const uint32_t address = lwip_htonl(peer(number));
  const uint32_t ours = lwip_htonl(0x0a000001);
  memset(at, 0, ARP_FRAME);
  if (operation == 1) memset(at, 0xff, 6);
  else memcpy(at, eth0.hwaddr, 6);
  memcpy(at + 6, sender, 6);
  memcpy(at + 12, kind, sizeof kind);
  at[21] = operation;
  memcpy(at + 22, sender, 6);
  memcpy(at + 28, &address, 4);
  memcpy(at + 38, &ours, 4);
}

/* A frame from the wire, as a driver hands it up. */
static void receive(const uint8_t *bytes, u16_t length) {
  /* Debian's library backs a buffer of its pool with 592 bytes, whatever its length. */
  struct pbuf *p = pbuf_alloc(PBUF_RAW, length, length > POOL_BUFFER ? PBUF_RAM : PBUF_POOL);
  if (!p) fail("no memory for a frame");
  pbuf_take(p, bytes, length);
  if (eth0.input(p, &eth0) != ERR_OK) fail("a frame was refused");
}

static struct udp_pcb *pcb;
static uint8_t payload[FRAME];
static uint16_t payload_length;
static ip_addr_t peers[1024];
static unsigned peer_count;
static unsigned next_peer;

static void send_one(void) {
  struct pbuf *p = pbuf_alloc(PBUF_TRANSPORT, payload_length, PBUF_RAM);
  if (!p) fail("no memory for a datagram");
  pbuf_take(p, payload, payload_length);
  if (udp_sendto(pcb, p, &peers[next_peer], 9) != ERR_OK) fail("a datagram was not sent");
  if (++next_peer == peer_count) next_peer = 0;
  pbuf_free(p);
}

static uint8_t request[ARP_FRAME];

static void answer_one(void) {
  uint8_t *at = incoming[next_incoming++ % RING];
  memcpy(at, request, ARP_FRAME);
  receive(at, ARP_FRAME);
}

/* A driver's rings. The pbuf of each receive buffer is made anew for each frame, without malloc(). */
struct descriptor {
  uint8_t *buffer;
  uint32_t length;
  uint32_t done;
};
struct buffer {
  struct pbuf_custom pbuf;
  unsigned number;
};
static volatile struct descriptor receive_ring[DESCRIPTORS], transmit_ring[DESCRIPTORS];
static uint8_t buffers[DESCRIPTORS][BUFFER];
static struct buffer receive_buffers[DESCRIPTORS];
static struct pbuf *outgoing[DESCRIPTORS];
static unsigned engine_receives, engine_transmits, next_received, next_sent, next_clean;
static uint8_t datagram[FRAME];
static uint16_t datagram_length;
static uint64_t delivered;

/* The DMA engine: a frame from the wire; and the doorbell. */
static void __attribute__((noinline)) engine_receive(const uint8_t *frame, uint16_t length) {
  volatile struct descriptor *at = &receive_ring[engine_receives++ % DESCRIPTORS];
  if (at->done) fail("no buffer in the ring");
  memcpy(at->buffer, frame, length);
  at->length = length;
  at->done = 1;
}

static void __attribute__((noinline)) engine_transmit(unsigned tail) {
  for (; engine_transmits != tail; engine_transmits++) {
    volatile struct descriptor *at = &transmit_ring[engine_transmits % DESCRIPTORS];
    memcpy(wire[slot++ % RING], at->buffer, at->length);
    at->done = 1;
    frames++;
  }
}

/* The driver. */
static void buffer_free(struct pbuf *p) {
  const unsigned number = ((struct buffer *)p)->number;
  receive_ring[number].buffer = buffers[number];
  receive_ring[number].done = 0;
}

static err_t put_on_ring(struct netif *netif, struct pbuf *p) {
  (void)netif;
  if (p->next || next_sent - next_clean == DESCRIPTORS) fail("a frame does not fit into the ring");
  volatile struct descriptor *at = &transmit_ring[next_sent % DESCRIPTORS];
  pbuf_ref(p);
  at->buffer = p->payload;
  at->length = p->len;
  at->done = 0;
  outgoing[next_sent++ % DESCRIPTORS] = p;
  return ERR_OK;
}

static void reclaim(void) {
  for (; next_clean != next_sent && transmit_ring[next_clean % DESCRIPTORS].done; next_clean++) pbuf_free(outgoing[next_clean % DESCRIPTORS]);
}

static void poll(void) {
  for (; receive_ring[next_received % DESCRIPTORS].done; next_received++) {
    const unsigned at = next_received % DESCRIPTORS;
    const uint16_t length = (uint16_t)receive_ring[at].length;
    receive_buffers[at].pbuf.custom_free_function = buffer_free;
    receive_buffers[at].number = at;
    struct pbuf *p = pbuf_alloced_custom(PBUF_RAW, length, PBUF_REF, &receive_buffers[at].pbuf, buffers[at], BUFFER);
    if (!p || eth0.input(p, &eth0) != ERR_OK) fail("a frame was refused");
  }
  if (engine_transmits != next_sent) engine_transmit(next_sent);
  reclaim();
}

static void open_rings(void) {
  for (unsigned at = 0; at < DESCRIPTORS; at++) receive_ring[at].buffer = buffers[at];
  eth0.linkoutput = put_on_ring;
}

static void receive_one(void) { engine_receive(datagram, datagram_length); }

static void answer_from_ring(void) { engine_receive(request, ARP_FRAME); }

static void take_one(void) {
  uint8_t *at = incoming[next_incoming++ % RING];
  memcpy(at, datagram, datagram_length);
  receive(at, datagram_length);
}

static void on_datagram(void *arg, struct udp_pcb *to, struct pbuf *p, const ip_addr_t *from, u16_t port) {
  (void)arg, (void)to, (void)from, (void)port;
  seen = ((const uint8_t *)p->payload)[p->len - 1];
  delivered++;
  pbuf_free(p);
}

static uint16_t sum_of(const uint8_t *bytes, unsigned length, uint32_t sum) {
  for (unsigned at = 0; at < length; at++) sum += at % 2 ? bytes[at] : (uint32_t)bytes[at] << 8;
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)~sum;
}

/* From 10.0.0.2, port 4000, to our port 5000, with both checksums. */
static void datagram_frame(uint16_t bytes) {
  const uint16_t udp = 8 + bytes, total = 20 + udp;
  const uint8_t headers[] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 1, 0, 0, 8, 0, 0x45, 0, total >> 8, (uint8_t)total, 0, 0, 0, 0, 64, 17, 0, 0,
    10, 0, 0, 2, 10, 0, 0, 1, 4000 >> 8, 4000 & 0xff, 5000 >> 8, 5000 & 0xff, udp >> 8, (uint8_t)udp, 0, 0};
  memcpy(datagram, headers, sizeof headers);
  memset(datagram + sizeof headers, 0x5a, bytes);
  const uint16_t header = sum_of(datagram + 14, 20, 0);
  datagram[24] = header >> 8, datagram[25] = (uint8_t)header;
  const uint16_t sum = sum_of(datagram + 26, 8u + udp, 17u + udp);
  datagram[40] = sum >> 8, datagram[41] = (uint8_t)sum;
  datagram_length = (uint16_t)(sizeof headers + bytes);
}

/* Each peer is asked for and answers, as in life. There are no static entries in Debian's build. */
static void resolve_all(void) {
  uint8_t reply[ARP_FRAME];
  for (unsigned number = 0; number < peer_count; number++) {
    ip_addr_set_ip4_u32_val(peers[number], lwip_htonl(peer(number)));
    send_one();
    arp_frame(reply, number, 2);
    receive(reply, ARP_FRAME);
  }
  next_peer = 0;
  arrived = slot;
}

/* Processor time: what other programs take does not count. */
static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Every operation has to put one frame on the wire, to its peer and nobody else, or to bring one datagram; else the figures would mean nothing. */
static int64_t run(void (*operation)(void), void (*after_burst)(void), uint64_t count) {
  const int receives = operation == receive_one || operation == take_one;
  const uint64_t before = receives ? delivered : frames;
  const int64_t start = now();
  for (uint64_t done = 0; done < count;) {
    const uint64_t end = count - done < BURST ? count : done + BURST;
    for (; done < end; done++) operation();
    if (after_burst) after_burst();
  }
  const int64_t taken = now() - start;
  if (receives && delivered - before == count && seen == 0x5a) return taken;
  if (receives || frames - before != count || wire[(slot - 1) % RING][0] == 0xff) fail("an operation did not do what it is timed for");
  return taken;
}

int main(int count, char **words) {
  if (count == 2 && strcmp(words[1], "version") == 0) {
    puts(LWIP_VERSION_STRING);
    return 0;
  }
  const int ring_sends = count >= 4 && strcmp(words[1], "send-ring") == 0;
  const int sends = ring_sends || (count >= 4 && strcmp(words[1], "send") == 0);
  const int takes = count >= 3 && strcmp(words[1], "take") == 0;
  const int receives = takes || (count >= 3 && strcmp(words[1], "receive") == 0);
  const int rings = count >= 2 && strcmp(words[1], "arp-ring") == 0;
  if (!sends && !receives && !rings && !(count >= 2 && strcmp(words[1], "arp") == 0))
    fail("say send BYTES NEIGHBOURS [OPS], send-ring BYTES NEIGHBOURS [OPS], arp [OPS], arp-ring [OPS], take BYTES [OPS], or receive BYTES [OPS]");
  payload_length = sends ? (uint16_t)atoi(words[2]) : 0;
  const int received = receives ? atoi(words[2]) : 1;
  peer_count = sends ? (unsigned)atoi(words[3]) : 1;
  if (payload_length > 1472 || received < 1 || received > 1472 || peer_count < 1 || peer_count > 1024) fail("BYTES up to 1472, NEIGHBOURS 1 to 1024");
  const int given = sends ? 4 : receives ? 3 : 2;
  uint64_t operations = count > given ? strtoull(words[given], NULL, 10) : 0;

  ip4_addr_t address, mask, gateway;
  IP4_ADDR(&address, 10, 0, 0, 1);
  IP4_ADDR(&mask, 255, 255, 252, 0);
  IP4_ADDR(&gateway, 0, 0, 0, 0);
  memset(payload, 0x5a, sizeof payload);
  /* Not tcpip_init(): no thread beside this one, no timers, so that no lock is contended and no entry grows old. */
  lwip_init();
  if (!netif_add(&eth0, &address, &mask, &gateway, NULL, set_up, ethernet_input)) fail("netif_add");
  netif_set_default(&eth0);
  netif_set_up(&eth0);
  netif_set_link_up(&eth0);
  pcb = udp_new();
  if (!pcb || udp_bind(pcb, IP4_ADDR_ANY, 5000) != ERR_OK) fail("no socket");
  resolve_all();
  arp_frame(request, 0, 1);
  datagram_frame((uint16_t)received);
  udp_recv(pcb, on_datagram, NULL);

  const int on_rings = rings || ring_sends || (receives && !takes);
  void (*const after_burst)(void) = on_rings ? poll : arrive;
  if (on_rings) open_rings();
  void (*const operation)(void) = sends ? send_one : takes ? take_one : receives ? receive_one : rings ? answer_from_ring : answer_one;
  /* The shorter of two runs: one that another program held up says nothing. */
  if (operations == 0)
    for (operations = 1024; run(operation, after_burst, operations) < ROUND_NS || run(operation, after_burst, operations) < ROUND_NS;) operations *= 2;
  else
    run(operation, after_burst, operations);
#ifdef COUNT_ALLOCATIONS
  asked = 0;
  run(operation, after_burst, operations);
  printf("0 %.2f\n", (double)asked / (double)operations);
#else
  printf("%.2f -1\n", (double)run(operation, after_burst, operations) / (double)operations);
#endif
  return 0;
}
