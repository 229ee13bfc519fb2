// Snapshot to S3 on status 500
//
// Uploads everything that was captured, with the names that addresses had, when an answer has status 500; at most once
// in five minutes.
//
//     Needs AWS_REGION and S3_BUCKET in the environment; keys are optional.

var pause = 5 * 60 * 1000;
var last = 0;

/** @type {Remora.onItemCaptured} */
function onItemCaptured(data) {
  if (!data.response || data.response.status !== 500 || Date.now() - last < pause) return;
  last = Date.now();
  var folder = file.mkdirTemp("status_500");
  try {
    file.write(folder + "/item.json", JSON.stringify(data, null, 2));
    file.write(folder + "/names.json", JSON.stringify(pcap.nameResolutionHistory()));
    file.move(pcap.snapshot(), folder);
    var archive = file.tar(folder);
    console.log("uploaded", vendor.s3.put(env.S3_BUCKET, archive, env.AWS_REGION, env.AWS_ACCESS_KEY_ID,
      env.AWS_SECRET_ACCESS_KEY));
    file.delete(archive);
  } finally {
    file.delete(folder);
  }
}
