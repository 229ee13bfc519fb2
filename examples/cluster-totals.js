// Totals of the whole cluster
//
// Each worker counts its requests and sends the counts to the hub, which logs the sum. State is per process: hub.action
// is the way between them.
//
//     remora run examples/cluster-totals.js --items items.jsonl --node hub --once --run-jobs

var counts = {};
var totals = {};

/** @type {Remora.onItemCaptured} */
function onItemCaptured(data) {
  var name = data.protocol.abbr;
  counts[name] = (counts[name] || 0) + 1;
}

function send() {
  hub.action("totals", counts);
  counts = {};
}

/** @type {Remora.onHubAction} */
function onHubAction(action, object, sender) {
  // Actions of all scripts come here; this script's own are meant.
  if (action !== "totals") return;
  totals = wrapper.joinMaps(totals, object);
  console.log("from", sender.node + ":", totals);
}

jobs.schedule("send-totals", "*/15 * * * * *", send);
