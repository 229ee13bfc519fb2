// Handle errors
//
// A helper that fails throws an Error with a code. What is not caught goes to the console as an error line, the event is
// dropped for this script, and the script goes on with the next one. A job that fails reaches onJobFailed.
//
//     remora run examples/error-handling.js --once --run-jobs

function probe() {
  try {
    vendor.webhook("GET", env.PROBE_URL || "http://127.0.0.1:1/", "");
    console.log("the address answers");
  } catch (e) {
    console.log("caught:", e.message);
  }
  throw new Error("and this one is not caught");
}

/** @type {Remora.onJobFailed} */
function onJobFailed(tag, cron, limit, err) {
  console.log("job", tag, "failed:", err);
}

jobs.schedule("probe", "*/30 * * * * *", probe, 3);
