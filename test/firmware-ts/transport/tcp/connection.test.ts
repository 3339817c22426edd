/** Connections between two stacks: how they begin, carry data, and end (RFC 9293 3.5, 3.6). */
import t from "tap";
import { TcpLab } from "../../../support/tcp-lab.ts";

t.test("a handshake, data both ways, and both ends", async (t) => {
  const lab = await TcpLab.open();
  const { peers } = lab.listen(80);
  const near = lab.connect(80);
  t.equal(near.connection.state, "SYN_SENT");
  lab.run(10);
  t.same(near.events, ["connected"]);
  t.equal(near.connection.state, "ESTABLISHED");
  const far = peers[0]!;
  t.equal(far.connection.state, "ESTABLISHED");
  t.equal(far.connection.remotePort, near.connection.localPort);
  t.equal(near.say("hello"), 5);
  lab.run(10);
  t.equal(far.text, "hello");
  far.say("good day");
  lab.run(10);
  t.equal(near.text, "good day");
  near.connection.end();
  lab.run(10);
  t.equal(near.connection.state, "FIN_WAIT2");
  t.equal(far.connection.state, "CLOSE_WAIT");
  t.same(far.events, ["ended"]);
  far.say("and on");
  far.connection.end();
  lab.run(100);
  t.equal(near.text, "good dayand on");
  t.same(near.events, ["connected", "ended", "closed"]);
  t.same(far.events, ["ended", "closed"]);
  t.same(lab.segments(), [
    "2 > SYN 0",
    "3 < SYN ACK 0",
    "4 > ACK 0",
    "10 > PSH ACK 5",
    "11 < ACK 0",
    "20 < PSH ACK 8",
    "21 > ACK 0",
    "30 > FIN ACK 0",
    "31 < ACK 0",
    "40 < PSH ACK 6",
    "40 < FIN ACK 0",
    "41 > ACK 0",
  ]);
});
