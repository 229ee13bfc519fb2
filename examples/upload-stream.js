// Upload one stream
//
// Uploads the packets of the one connection whose answer has status 500 to S3, and nothing else.
//
//     Needs AWS_REGION and S3_BUCKET in the environment.

/** @type {Remora.onItemCaptured} */
function onItemCaptured(data) {
  if (data.protocol.name !== "http" || !data.response || data.response.status !== 500) return;
  console.log("uploaded", vendor.s3.put(env.S3_BUCKET, pcap.path(data.stream), env.AWS_REGION));
}
