// Counts what is answered, by status
var counts = {};

function onItemCaptured(data) {
  var status = data.response ? data.response.status : 0;
  counts[status] = (counts[status] || 0) + 1;
}
