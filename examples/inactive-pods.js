// Pods without traffic
//
// Logs each hour which of the captured pods had no traffic: they cost and do nothing. Workers tell the hub which pods
// they saw; the hub knows which there are.
//
//     remora run examples/inactive-pods.js --pod-events pods.jsonl --node hub --once --run-jobs

var active = {};

/** @type {Remora.onItemCaptured} */
function onItemCaptured(data) {
  [data.src, data.dst].forEach(function (peer) {
    if (peer.pod) active[peer.namespace + "/" + peer.pod.metadata.name] = true;
  });
}

/** @type {Remora.onHubAction} */
function onHubAction(action, pods) {
  if (action !== "active-pods") return;
  pods.forEach(function (pod) { active[pod] = true; });
}

function tell() {
  hub.action("active-pods", Object.keys(active));
  active = {};
}

function report() {
  var inactive = JSON.parse(hub.targeted()).targets.map(function (pod) {
    return pod.metadata.namespace + "/" + pod.metadata.name;
  }).filter(function (pod) { return !active[pod]; });
  console.log(inactive.length, "pods without traffic:", inactive.join(", "));
  active = {};
}

if (utils.nodeName() === "hub") jobs.schedule("inactive-pods", "0 0 * * * *", report);
else jobs.schedule("active-pods", "0 * * * * *", tell);
