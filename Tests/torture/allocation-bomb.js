// allocation-bomb
// expects: (hook=onItemCaptured) stopped with a heap above
function onItemCaptured() {
  var list = [];
  for (;;) list.push({ number: list.length, text: "t" + list.length });
}
