/** The controllers' drivers, for users who compose a stack of their own: above the drivers only board/ names them. */
export { Enc28j60, type Enc28j60DriverOptions } from "../../drivers/enc28j60/enc28j60.ts";
export { PacketController, type PacketOptions } from "../../drivers/packet/packet.ts";
