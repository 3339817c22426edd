/*
 * SPI bridge for an ATmega328P (Arduino Uno, Nano): flashrom's serial protocol, version 1, on the UART, plus two commands of our own
 * that tell the state of a chip's interrupt line.
 *
 *   pin            Uno   goes to
 *   PB2 SS         D10   chip select, low while selected
 *   PB3 MOSI       D11   serial in of the chip
 *   PB4 MISO       D12   serial out of the chip
 *   PB5 SCK        D13   clock; mode 0, most significant bit first
 *   PD2 INT0       D2    INT of the chip, active low; pulled up here
 *
 * An ENC28J60 is a 3.3 V part: put a level shifter into SCK, MOSI and SS.
 *
 * The receive ring is filled by interrupt, so the host may have SERIAL_BUFFER unanswered bytes on their way; one longer operation
 * is fine, for its bytes leave through SPI faster than the line brings them.
 *
 * License: MIT, as all of whohas.
 */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <setjmp.h>
#include <stdint.h>

#ifndef F_CPU
#define F_CPU 16000000UL
#endif
#ifndef BAUD
#define BAUD 115200UL
#endif

#define ACK 0x06
#define NAK 0x15

/* Commands; numbers are the protocol's. */
#define NOP 0x00
#define Q_IFACE 0x01
#define Q_CMDMAP 0x02
#define Q_PGMNAME 0x03
#define Q_SERBUF 0x04
#define Q_BUSTYPE 0x05
#define Q_WRNMAXLEN 0x08
#define SYNCNOP 0x10
#define Q_RDNMAXLEN 0x11
#define S_BUSTYPE 0x12
#define O_SPIOP 0x13
#define S_SPI_FREQ 0x14
#define S_PIN_STATE 0x15
/* Ours, in the range that the protocol leaves free: u16 milliseconds in; ACK and one byte out, WAIT_*. */
#define X_WAIT_INT 0x40
/* Ours: ACK and one byte out, bit 0 the level of INT (0: the chip asks for service). */
#define X_READ_PINS 0x41

/* What X_WAIT_INT answers. */
#define WAIT_TIMEOUT 0
#define WAIT_ASSERTED 1
/* The host sent something else; it is served next. */
#define WAIT_INTERRUPTED 2

#define BUS_SPI 0x08
/* Nothing of an operation is stored here; the limit is there to tell lengths that were damaged on the line. */
#define LONGEST 8192
/* A host that falls silent within a command has lost the thread, and so have we: in milliseconds. */
#define PATIENCE 200

/*
 * The ring has 256 places, so that its indices are single bytes that wrap by themselves: at 2 Mbaud a byte comes every 80 cycles,
 * and an interrupt routine with 16-bit indices would take nearly all of them.
 */
#define RING 256
/* What the host is told: one place of the ring stays free, and a few are for what ends X_WAIT_INT. */
#define SERIAL_BUFFER 240

#define SS PB2
#define MOSI PB3
#define MISO PB4
#define SCK PB5
#define INT PD2

static volatile uint8_t ring[RING] __attribute__((aligned(RING)));
static volatile uint8_t head;
static uint8_t tail;
/* Where a command that was given up ends. */
static jmp_buf next_command;

ISR(USART_RX_vect) {
	ring[head++] = UDR0;
}

static uint8_t waiting(void) {
	return head != tail;
}

static uint8_t take(void) {
	return ring[tail++];
}

/* Whether a byte comes before our patience ends. */
static uint8_t comes(void) {
	uint8_t milliseconds = 0;

	while (!waiting()) {
		if (!(TIFR1 & _BV(OCF1A))) continue;
		TIFR1 = _BV(OCF1A);
		if (++milliseconds == PATIENCE) return 0;
	}
	return 1;
}

/* Back to the main loop; the chip is let go of. */
static void give_up(void) {
	PORTB |= _BV(SS);
	longjmp(next_command, 1);
}

/* A command's next byte. */
static uint8_t get(void) {
	if (!comes()) give_up();
	return take();
}

static uint32_t get_number(uint8_t bytes) {
	uint32_t value = 0;

	for (uint8_t at = 0; at < bytes; at++) value |= (uint32_t)get() << (8 * at);
	return value;
}

static void put(uint8_t value) {
	while (!(UCSR0A & _BV(UDRE0))) {
	}
	UDR0 = value;
}

static void put_number(uint32_t value, uint8_t bytes) {
	for (uint8_t at = 0; at < bytes; at++) put((uint8_t)(value >> (8 * at)));
}

static uint8_t exchange(uint8_t value) {
	SPDR = value;
	while (!(SPSR & _BV(SPIF))) {
	}
	return SPDR;
}

/* The host's answer to a master that shares the bus with another programmer: let go of the pins. */
static void drive_pins(uint8_t on) {
	if (on) {
		PORTB |= _BV(SS);
		DDRB |= _BV(SS) | _BV(MOSI) | _BV(SCK);
		SPCR |= _BV(SPE);
	} else {
		SPCR &= (uint8_t)~_BV(SPE);
		DDRB &= (uint8_t) ~(_BV(SS) | _BV(MOSI) | _BV(SCK));
	}
}

/* SPI runs at F_CPU divided by 2 to 128. Returns the highest that is not above what is asked, or the lowest there is. */
static uint32_t set_frequency(uint32_t hertz) {
	uint8_t power = 1;

	while (power < 7 && (F_CPU >> power) > hertz) power++;
	/* ATmega328P datasheet, table 19-5: SPR1:0 choose 4, 16, 64, 128; SPI2X halves all but the last. */
	if (power == 7) {
		SPCR |= _BV(SPR1) | _BV(SPR0);
		SPSR &= (uint8_t)~_BV(SPI2X);
	} else {
		uint8_t rate = (power - 1) >> 1;

		SPCR = (uint8_t)((SPCR & ~(_BV(SPR1) | _BV(SPR0))) | rate);
		if (power & 1) SPSR |= _BV(SPI2X);
		else SPSR &= (uint8_t)~_BV(SPI2X);
	}
	return F_CPU >> power;
}

/*
 * Sends what comes off the line to the chip. The interrupt and this loop together would not keep up with 2 Mbaud, so the loop does
 * the interrupt's work meanwhile.
 */
static void spi_send(uint16_t count) {
	uint8_t in;
	uint8_t out = tail;
	uint8_t milliseconds = 0;

	cli();
	in = head;
	while (count) {
		if (UCSR0A & _BV(RXC0)) ring[in++] = UDR0;
		if (in != out) {
			exchange(ring[out++]);
			count--;
			milliseconds = 0;
		} else if (TIFR1 & _BV(OCF1A)) {
			TIFR1 = _BV(OCF1A);
			if (++milliseconds == PATIENCE) break;
		}
	}
	head = in;
	tail = out;
	sei();
	if (count) give_up();
}

static void spi_operation(void) {
	uint32_t send = get_number(3);
	uint32_t receive = get_number(3);

	if (send > LONGEST || receive > LONGEST) {
		/* What follows is no command: all of it goes, until the host stops. */
		while (comes()) take();
		return;
	}
	PORTB &= (uint8_t)~_BV(SS);
	spi_send((uint16_t)send);
	put(ACK);
	for (uint16_t left = (uint16_t)receive; left; left--) put(exchange(0));
	PORTB |= _BV(SS);
}

static uint8_t wait_for_int(uint16_t milliseconds) {
	TCNT1 = 0;
	TIFR1 = _BV(OCF1A);
	for (;;) {
		if (!(PIND & _BV(INT))) return WAIT_ASSERTED;
		if (waiting()) return WAIT_INTERRUPTED;
		if (milliseconds == 0) return WAIT_TIMEOUT;
		if (TIFR1 & _BV(OCF1A)) {
			TIFR1 = _BV(OCF1A);
			milliseconds--;
		}
	}
}

static void put_command_map(void) {
	static const uint8_t known[] = {
		NOP, Q_IFACE, Q_CMDMAP, Q_PGMNAME, Q_SERBUF, Q_BUSTYPE, Q_WRNMAXLEN, SYNCNOP,
		Q_RDNMAXLEN, S_BUSTYPE, O_SPIOP, S_SPI_FREQ, S_PIN_STATE, X_WAIT_INT, X_READ_PINS,
	};

	for (uint8_t byte = 0; byte < 32; byte++) {
		uint8_t bits = 0;

		for (uint8_t at = 0; at < sizeof known; at++) {
			if (known[at] >> 3 == byte) bits |= _BV(known[at] & 7);
		}
		put(bits);
	}
}

static void put_name(void) {
	static const char name[16] = "whohas-uno";

	for (uint8_t at = 0; at < sizeof name; at++) put((uint8_t)name[at]);
}

static void serve(uint8_t command) {
	uint32_t number;

	switch (command) {
	case NOP:
		put(ACK);
		break;
	case Q_IFACE:
		put(ACK);
		put_number(1, 2);
		break;
	case Q_CMDMAP:
		put(ACK);
		put_command_map();
		break;
	case Q_PGMNAME:
		put(ACK);
		put_name();
		break;
	case Q_SERBUF:
		put(ACK);
		put_number(SERIAL_BUFFER, 2);
		break;
	case Q_BUSTYPE:
		put(ACK);
		put(BUS_SPI);
		break;
	case Q_WRNMAXLEN:
	case Q_RDNMAXLEN:
		put(ACK);
		put_number(LONGEST, 3);
		break;
	case SYNCNOP:
		put(NAK);
		put(ACK);
		break;
	case S_BUSTYPE:
		put(get() == BUS_SPI ? ACK : NAK);
		break;
	case O_SPIOP:
		spi_operation();
		break;
	case S_SPI_FREQ:
		number = get_number(4);
		if (number == 0) {
			put(NAK);
			break;
		}
		number = set_frequency(number);
		put(ACK);
		put_number(number, 4);
		break;
	case S_PIN_STATE:
		drive_pins(get());
		put(ACK);
		break;
	case X_WAIT_INT:
		number = wait_for_int((uint16_t)get_number(2));
		put(ACK);
		put((uint8_t)number);
		break;
	case X_READ_PINS:
		put(ACK);
		put((PIND & _BV(INT)) ? 1 : 0);
		break;
	default:
		put(NAK);
	}
}

int main(void) {
	PORTD |= _BV(INT);
	drive_pins(1);
	SPCR |= _BV(SPE) | _BV(MSTR);
	set_frequency(F_CPU / 2);

	/* Double speed: 115200 is 2.1 % off and 2 Mbaud exact; without it 2 Mbaud cannot be reached. */
	UCSR0A = _BV(U2X0);
	UBRR0 = (F_CPU / 8 + BAUD / 2) / BAUD - 1;
	UCSR0C = _BV(UCSZ01) | _BV(UCSZ00);
	UCSR0B = _BV(RXCIE0) | _BV(RXEN0) | _BV(TXEN0);

	/* One millisecond: CTC, clock / 64. */
	TCCR1B = _BV(WGM12) | _BV(CS11) | _BV(CS10);
	OCR1A = F_CPU / 64 / 1000 - 1;

	sei();
	setjmp(next_command);
	for (;;) {
		while (!waiting()) {
		}
		serve(take());
	}
}
