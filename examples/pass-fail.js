// Colour rows
//
// Shows slow or failed requests red and the others green in the list of items. Runs when somebody looks, not at capture.

var slowest = 200 * 1000; // microseconds

/** @type {Remora.onItemQueried} */
function onItemQueried(data, filter) {
  if (data.protocol.name !== "http" || !data.response) return;
  if (data.response.status >= 500 || data.elapsedTime > slowest) return test.fail(data);
  return test.pass(data);
}
