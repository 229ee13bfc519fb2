// endless-loop
// expects: (hook=onItemCaptured) stopped after computing for
function onItemCaptured() { for (;;) {} }
