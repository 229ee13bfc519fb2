// Counts by path and status
var count = 0, bytes = 0, failures = 0;

function onItemCaptured(data) {
  count++;
  bytes += data.request.path.length + data.response.bodySize;
  if (data.response.status >= 500) failures++;
}

jobs.schedule("report", "0 0 0 1 1 *", function () {
  console.log(count, "items", bytes, failures);
});
