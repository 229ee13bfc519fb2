// Counts what is answered
var items = 0;

function onItemCaptured(data) {
  items++;
}
