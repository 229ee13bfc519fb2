// The packet counter
var packetCount = 0;
var totalKB = 0;

function onPacketCaptured(info) {
  packetCount++;
  totalKB += info.length / 1000;
}

jobs.schedule("report", "0 */1 * * * *", function () {
  console.log(packetCount, "packets,", totalKB.toFixed(0), "KB");
});
