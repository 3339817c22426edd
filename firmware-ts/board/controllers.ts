/** The controllers' drivers, for whoever composes a stack of his own: drivers are named in board/ and nowhere else above them. */
export { Enc28j60, type Enc28j60DriverOptions } from "../../drivers/enc28j60/enc28j60.ts";
export { PacketController, type PacketOptions } from "../../drivers/packet/packet.ts";
