// Snapshot on crash
//
// Saves the packets of a pod's node when a container of the pod crashes, or when the pod is about to go with its data.
// With AWS_REGION and S3_BUCKET in the environment the snapshot is uploaded.
//
//     remora run examples/snapshot-on-crash.js --pod-events pods.jsonl

var lastSnapshot = 0;

/** @type {Remora.onPodEvent} */
function onPodEvent(event, pod, change) {
  if (utils.nodeName() === "hub" || !change || !change.firstSeen) return;
  if (change.severity !== "crash" && change.severity !== "going-away") return;

  var name = pod.metadata.namespace + "/" + pod.metadata.name + (change.container ? " " + change.container : "");
  console.log(name, "is", change.kind, change.exitCode === null ? "" : "(exit " + change.exitCode + ")");
  // A crash loop needs no snapshot every ten seconds.
  if (Date.now() - lastSnapshot < 60 * 1000) return;
  lastSnapshot = Date.now();

  var snapshot = pcap.snapshot();
  console.log("snapshot:", snapshot);
  if (!env.S3_BUCKET) return;
  console.log("uploaded to", vendor.s3.put(env.S3_BUCKET, snapshot, env.AWS_REGION));
  file.delete(snapshot);
}
