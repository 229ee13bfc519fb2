// console-flood
// expects: console messages dropped: more than
function onItemCaptured() {
  for (var i = 0; i < 100000; i++) console.log("flood", i);
}
