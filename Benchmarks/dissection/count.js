// Counts what is answered
var count = 0;

function onItemCaptured(data) {
  count++;
}

jobs.schedule("report", "0 0 0 1 1 *", function () {
  console.log(count, "items");
});
