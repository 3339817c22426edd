/*
 * Firmata for an ATmega328P (Arduino Uno, Nano): as much of protocol 2.5 (github.com/firmata/protocol) as lamps, buttons and analog
 * sensors take. A host that speaks Firmata, as johnny-five does, cannot tell it from StandardFirmata with fewer capabilities: digital
 * input with and without pull-up, digital output, analog input of 10 bits against the 5 V supply. No PWM, servo or I2C.
 *
 *   pin       Uno          AVR
 *   0, 1      RX, TX       the serial line: they have no capabilities
 *   2..7      D2..D7       PD2..PD7
 *   8..13     D8..D13      PB0..PB5; D13 has the board's own lamp
 *   14..19    A0..A5       PC0..PC5, analog channels 0..5
 *
 * After a reset every pin is an input without pull-up, so nothing that is wired to a pin is driven before the host says so.
 * (StandardFirmata makes them outputs.)
 *
 * License: MIT, as all of whohas.
 */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <stdint.h>

#ifndef F_CPU
#define F_CPU 16000000UL
#endif
#ifndef BAUD
#define BAUD 57600UL
#endif

/* Messages; the low four bits of the first four are a port or an analog channel. */
#define DIGITAL_MESSAGE 0x90
#define REPORT_ANALOG 0xC0
#define REPORT_DIGITAL 0xD0
#define ANALOG_MESSAGE 0xE0
#define START_SYSEX 0xF0
#define SET_PIN_MODE 0xF4
#define SET_DIGITAL_PIN 0xF5
#define END_SYSEX 0xF7
#define REPORT_VERSION 0xF9
#define SYSTEM_RESET 0xFF

/* What a sysex message is about. */
#define ANALOG_MAPPING_QUERY 0x69
#define ANALOG_MAPPING_RESPONSE 0x6A
#define CAPABILITY_QUERY 0x6B
#define CAPABILITY_RESPONSE 0x6C
#define PIN_STATE_QUERY 0x6D
#define PIN_STATE_RESPONSE 0x6E
#define REPORT_FIRMWARE 0x79
#define SAMPLING_INTERVAL 0x7A

#define MODE_INPUT 0
#define MODE_OUTPUT 1
#define MODE_ANALOG 2
#define MODE_PULLUP 11
/* Ends the list of a pin's modes; also "no analog channel" and "a pin that is not for the host". */
#define NONE 127

#define PROTOCOL_MAJOR 2
#define PROTOCOL_MINOR 5

#define PINS 20
#define FIRST_PIN 2
#define FIRST_ANALOG 14
#define CHANNELS (PINS - FIRST_ANALOG)
/* Firmata's digital ports are eight pins each by their Uno numbers, whatever the chip's ports are. */
#define PORTS ((PINS + 7) / 8)
/* Milliseconds between samples unless the host chooses; Firmata's own. */
#define DEFAULT_SAMPLING 19
/* The longest message we know has 3 bytes of data; whatever is longer is not for us. */
#define LONGEST 8

/* 256 places, so that the indices wrap by themselves; the host has far fewer bytes under way. */
static volatile uint8_t ring[256];
static volatile uint8_t head;
static uint8_t tail;

static uint8_t modes[PINS];
/* Of each port: whether the host wants to hear of it, and what it heard last. */
static uint8_t reporting[PORTS];
static uint8_t reported[PORTS];
/* One bit a channel. */
static uint8_t sampled;
static uint16_t sampling;
static uint16_t since_sample;

static uint8_t command;
static uint8_t data[LONGEST];
static uint8_t length;

ISR(USART_RX_vect) {
	ring[head++] = UDR0;
}

static void put(uint8_t value) {
	while (!(UCSR0A & _BV(UDRE0))) {
	}
	UDR0 = value;
}

/* A number as two bytes of seven bits. */
static void put_wide(uint16_t value) {
	put(value & 0x7F);
	put((value >> 7) & 0x7F);
}

/* The PINx register of a pin; DDRx and PORTx are the two behind it (ATmega328P datasheet, register summary). */
static volatile uint8_t *registers_of(uint8_t pin) {
	if (pin < 8) return &PIND;
	return pin < FIRST_ANALOG ? &PINB : &PINC;
}

static uint8_t mask_of(uint8_t pin) {
	if (pin < 8) return (uint8_t)(1 << pin);
	return (uint8_t)(1 << (pin - (pin < FIRST_ANALOG ? 8 : FIRST_ANALOG)));
}

static uint8_t level_of(uint8_t pin) {
	return (*registers_of(pin) & mask_of(pin)) != 0;
}

/* What an output drives, or an input's pull-up. */
static void set_latch(uint8_t pin, uint8_t on) {
	volatile uint8_t *registers = registers_of(pin);

	if (on) registers[2] |= mask_of(pin);
	else registers[2] &= (uint8_t)~mask_of(pin);
}

static void set_mode(uint8_t pin, uint8_t mode) {
	volatile uint8_t *registers = registers_of(pin);

	if (pin < FIRST_PIN || pin >= PINS) return;
	if (mode == MODE_ANALOG && pin < FIRST_ANALOG) return;
	if (mode != MODE_INPUT && mode != MODE_OUTPUT && mode != MODE_ANALOG && mode != MODE_PULLUP) return;
	modes[pin] = mode;
	if (mode == MODE_OUTPUT) {
		/* Low at first, as StandardFirmata has it: the host takes that for granted and does not say it again. */
		set_latch(pin, 0);
		registers[1] |= mask_of(pin);
	} else {
		registers[1] &= (uint8_t)~mask_of(pin);
		set_latch(pin, mode == MODE_PULLUP);
	}
}

/* A level for an input asks for its pull-up, which only a new mode takes away: hosts write whole ports. */
static void write_pin(uint8_t pin, uint8_t on) {
	if (pin < FIRST_PIN || pin >= PINS) return;
	if (modes[pin] == MODE_OUTPUT) set_latch(pin, on);
	else if (modes[pin] == MODE_INPUT && on) set_mode(pin, MODE_PULLUP);
}

static uint8_t read_port(uint8_t port) {
	uint8_t bits = 0;

	for (uint8_t at = 0; at < 8; at++) {
		uint8_t pin = (uint8_t)(8 * port + at);

		if (pin < FIRST_PIN || pin >= PINS) continue;
		if ((modes[pin] == MODE_INPUT || modes[pin] == MODE_PULLUP) && level_of(pin)) bits |= (uint8_t)(1 << at);
	}
	return bits;
}

static void report_port(uint8_t port, uint8_t bits) {
	reported[port] = bits;
	put(DIGITAL_MESSAGE | port);
	put_wide(bits);
}

static uint16_t convert(uint8_t channel) {
	ADMUX = _BV(REFS0) | channel;
	ADCSRA |= _BV(ADSC);
	while (ADCSRA & _BV(ADSC)) {
	}
	return ADC;
}

static void report_samples(void) {
	for (uint8_t channel = 0; channel < CHANNELS; channel++) {
		if (!(sampled & (1 << channel))) continue;
		put(ANALOG_MESSAGE | channel);
		put_wide(convert(channel));
	}
}

static void put_version(void) {
	put(REPORT_VERSION);
	put(PROTOCOL_MAJOR);
	put(PROTOCOL_MINOR);
}

static void put_firmware(void) {
	static const char name[] = "whohas-firmata";

	put(START_SYSEX);
	put(REPORT_FIRMWARE);
	put(PROTOCOL_MAJOR);
	put(PROTOCOL_MINOR);
	for (const char *letter = name; *letter; letter++) put_wide((uint8_t)*letter);
	put(END_SYSEX);
}

static void put_capability(uint8_t mode, uint8_t bits) {
	put(mode);
	put(bits);
}

static void put_capabilities(void) {
	put(START_SYSEX);
	put(CAPABILITY_RESPONSE);
	for (uint8_t pin = 0; pin < PINS; pin++) {
		if (pin >= FIRST_PIN) {
			put_capability(MODE_INPUT, 1);
			put_capability(MODE_OUTPUT, 1);
			put_capability(MODE_PULLUP, 1);
			if (pin >= FIRST_ANALOG) put_capability(MODE_ANALOG, 10);
		}
		put(NONE);
	}
	put(END_SYSEX);
}

static void put_analog_mapping(void) {
	put(START_SYSEX);
	put(ANALOG_MAPPING_RESPONSE);
	for (uint8_t pin = 0; pin < PINS; pin++) put(pin < FIRST_ANALOG ? NONE : (uint8_t)(pin - FIRST_ANALOG));
	put(END_SYSEX);
}

/* The state is what was written to an output, or whether an input is pulled up. */
static void put_pin_state(uint8_t pin) {
	if (pin >= PINS) return;
	put(START_SYSEX);
	put(PIN_STATE_RESPONSE);
	put(pin);
	put(modes[pin]);
	put((registers_of(pin)[2] & mask_of(pin)) != 0);
	put(END_SYSEX);
}

static void reset(void) {
	sampled = 0;
	sampling = DEFAULT_SAMPLING;
	for (uint8_t port = 0; port < PORTS; port++) reporting[port] = 0;
	for (uint8_t pin = 0; pin < PINS; pin++) {
		if (pin < FIRST_PIN) modes[pin] = NONE;
		else set_mode(pin, MODE_INPUT);
	}
}

static void serve_sysex(void) {
	if (length == 1 && data[0] == REPORT_FIRMWARE) put_firmware();
	else if (length == 1 && data[0] == CAPABILITY_QUERY) put_capabilities();
	else if (length == 1 && data[0] == ANALOG_MAPPING_QUERY) put_analog_mapping();
	else if (length == 2 && data[0] == PIN_STATE_QUERY) put_pin_state(data[1]);
	else if (length == 3 && data[0] == SAMPLING_INTERVAL) {
		sampling = (uint16_t)(data[1] | (data[2] << 7));
		if (sampling == 0) sampling = 1;
	}
}

static void want_samples(uint8_t channel, uint8_t on) {
	if (channel >= CHANNELS) return;
	if (on) {
		set_mode(FIRST_ANALOG + channel, MODE_ANALOG);
		sampled |= (uint8_t)(1 << channel);
	} else {
		sampled &= (uint8_t)~(1 << channel);
	}
}

static void write_port(uint8_t port, uint8_t bits) {
	for (uint8_t at = 0; at < 8; at++) write_pin((uint8_t)(8 * port + at), (bits >> at) & 1);
}

/* Bytes of data of a message that is not a sysex; 0 for one that we do not know. */
static uint8_t data_bytes(void) {
	switch (command < START_SYSEX ? command & 0xF0 : command) {
	case REPORT_ANALOG:
	case REPORT_DIGITAL:
		return 1;
	case DIGITAL_MESSAGE:
	case SET_PIN_MODE:
	case SET_DIGITAL_PIN:
		return 2;
	default:
		return 0;
	}
}

static void serve(void) {
	uint8_t which = command & 0x0F;

	switch (command < START_SYSEX ? command & 0xF0 : command) {
	case REPORT_ANALOG:
		want_samples(which, data[0]);
		break;
	case REPORT_DIGITAL:
		if (which >= PORTS) break;
		reporting[which] = data[0] != 0;
		if (reporting[which]) report_port(which, read_port(which));
		break;
	case DIGITAL_MESSAGE:
		write_port(which, (uint8_t)(data[0] | (data[1] << 7)));
		break;
	case SET_PIN_MODE:
		set_mode(data[0], data[1]);
		break;
	case SET_DIGITAL_PIN:
		write_pin(data[0], data[1] != 0);
		break;
	}
}

/* A byte off the line. One with its high bit set begins a message, whatever became of the one before. */
static void take(uint8_t byte) {
	if (byte & 0x80) {
		if (byte == END_SYSEX && command == START_SYSEX && length <= LONGEST) serve_sysex();
		else if (byte == REPORT_VERSION) put_version();
		else if (byte == SYSTEM_RESET) reset();
		command = byte;
		length = 0;
		return;
	}
	if (length < LONGEST) data[length] = byte;
	if (length <= LONGEST) length++;
	if (command != START_SYSEX && length == data_bytes()) {
		serve();
		command = 0;
	}
}

int main(void) {
	/* Double speed: 57600 is 0.8 % off. */
	UCSR0A = _BV(U2X0);
	UBRR0 = (F_CPU / 8 + BAUD / 2) / BAUD - 1;
	UCSR0C = _BV(UCSZ01) | _BV(UCSZ00);
	UCSR0B = _BV(RXCIE0) | _BV(RXEN0) | _BV(TXEN0);

	/* One millisecond: CTC, clock / 64. */
	TCCR1B = _BV(WGM12) | _BV(CS11) | _BV(CS10);
	OCR1A = F_CPU / 64 / 1000 - 1;

	/* 125 kHz, within the 50 to 200 that 10 bits need (datasheet, ADC, prescaling): a conversion takes 0.1 ms. */
	ADCSRA = _BV(ADEN) | _BV(ADPS2) | _BV(ADPS1) | _BV(ADPS0);

	reset();
	sei();
	/* Hosts wait for these on boards that restart when their port is opened. */
	put_version();
	put_firmware();
	for (;;) {
		while (head != tail) take(ring[tail++]);
		for (uint8_t port = 0; port < PORTS; port++) {
			uint8_t bits = read_port(port);

			if (reporting[port] && bits != reported[port]) report_port(port, bits);
		}
		if (!(TIFR1 & _BV(OCF1A))) continue;
		TIFR1 = _BV(OCF1A);
		if (++since_sample < sampling) continue;
		since_sample = 0;
		report_samples();
	}
}
