// Count packets
//
// Counts packets and kilobytes, and logs both each minute. The hook runs for every packet, so it only adds.
//
//     remora run examples/packet-counter.js --interface any
//     remora run examples/packet-counter.js --pcap traffic.pcap --once --run-jobs

var packetCount = 0;
var totalKB = 0;

/** @type {Remora.onPacketCaptured} */
function onPacketCaptured(info) {
  packetCount++;
  totalKB += info.length / 1000;
}

function logPacketCountTotalKB() {
  console.log("Captured packet count per minute:", packetCount);
  packetCount = 0;
  console.log("Total KB captured per minute:", totalKB);
  totalKB = 0;
}

jobs.schedule("log-packet-count-total-kb", "0 */1 * * * *", logPacketCountTotalKB);
