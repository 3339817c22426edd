/** TCP (RFC 9293), over whatever IP layers there are. */
import type { IpAddress } from "../../ip/address.ts";
import type { TcpAcceptor, TcpConnection, TcpConnectOptions, TcpListener, TcpListenOptions, TcpUser } from "./contract.ts";

export class Tcp {
  /**
   * Begins a connection. Its user is told by connected() or closed().
   * @param host an address, or its text, with a zone where it needs one: `fe80::2%eth0`
   * @throws InetError ADDRESS_INVALID, ADDRESS_IN_USE, ADDRESS_NOT_AVAILABLE, DEVICE_MISSING, FAMILY_UNSUPPORTED, PORT_INVALID,
   * NETWORK_UNREACHABLE and the types of routes that refuse packets
   */
  connect(_host: string | IpAddress, _port: number, _user: TcpUser, _options: TcpConnectOptions = {}): TcpConnection {
    throw new Error("the next commit has it");
  }

  /**
   * Takes connections to a port.
   * @param port 0 for any free one
   * @param host one of our addresses; null, 0.0.0.0 or :: for any, of both families
   * @throws InetError ADDRESS_INVALID, ADDRESS_IN_USE, ADDRESS_NOT_AVAILABLE, FAMILY_UNSUPPORTED, PORT_INVALID
   */
  listen(_port: number, _host: string | IpAddress | null, _accept: TcpAcceptor, _options: TcpListenOptions = {}): TcpListener {
    throw new Error("the next commit has it");
  }
}
