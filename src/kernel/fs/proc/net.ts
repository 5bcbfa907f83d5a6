// /proc/PID/net (proc_pid_net(5)): the network namespace of a task; there are unix sockets in it and no interface.
import type { ByteString } from "../../bytestring.js";
import type { Task } from "../../task/task.js";
import { type DirectoryRow, type Row, directory, file } from "../pseudo/row.js";
import { unixSockets } from "./net-unix.js";

const SOCKETS = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
const SOCKETS6 = "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
const DATAGRAMS = " ref pointer drops";

/** Tables with nothing in them: the line that names the columns, as Linux pads it. */
const tables: readonly (readonly [ByteString, ByteString])[] = [
  ["arp", "IP address       HW type     Flags       HW address            Mask     Device"],
  ["dev", "Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed"],
  ["netlink", "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode"],
  ["packet", "sk               RefCnt Type Proto  Iface R Rmem   User   Inode"],
  ["raw", `${SOCKETS}${DATAGRAMS}`],
  ["raw6", `${SOCKETS6}${DATAGRAMS}`],
  ["route", "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT".padEnd(127)],
  ["tcp", SOCKETS.padEnd(149)],
  ["tcp6", SOCKETS6],
  ["udp", ` ${SOCKETS}${DATAGRAMS}`.padEnd(127)],
  ["udp6", `${SOCKETS6}${DATAGRAMS}`],
  ["udplite", ` ${SOCKETS}${DATAGRAMS}`.padEnd(127)],
  ["udplite6", `${SOCKETS6}${DATAGRAMS}`],
];

const empty = (name: ByteString): Row<Task> => file<Task>(name, () => "");

export const netDirectory: DirectoryRow<Task> = directory<Task>("net", [
  ...tables.map(([name, header]) => file<Task>(name, () => `${header}\n`)),
  empty("dev_mcast"), empty("if_inet6"), empty("igmp6"), empty("ipv6_route"), empty("wireless"),
  file<Task>("unix", unixSockets),
]);
