// Counts packets and what is answered
var packets = 0, items = 0;

function onPacketCaptured(info) {
  packets++;
}

function onItemCaptured(data) {
  items++;
}
