// Report what happens to pods
//
// Logs pods that come, change and go, with restarts and the reason of the last one.
//
//     remora run examples/pod-report.js --pod-events pods.jsonl --node hub --once

var restarts = {};

/** @type {Remora.onPodEvent} */
function onPodEvent(event, pod) {
  var name = pod.metadata.namespace + "/" + pod.metadata.name;
  if (event === "DELETED") {
    delete restarts[pod.metadata.uid];
    console.log(name, "is gone");
    return;
  }
  if (event === "ADDED") console.log(name, "is", pod.status.phase, "on", pod.spec.nodeName || "no node yet");
  var before = restarts[pod.metadata.uid] || {};
  var now = restarts[pod.metadata.uid] = {};
  (pod.status.containerStatuses || []).forEach(function (container) {
    now[container.name] = container.restartCount;
    if (!(container.restartCount > before[container.name])) return;
    var last = (container.lastState && container.lastState.terminated) || { reason: "unknown", exitCode: "?" };
    console.log(name, container.name, "restarted:", last.reason, "(exit " + last.exitCode + ")");
  });
}
