// hoarder
// expects: in quarantine: it holds more than
var kept = [];
function onItemCaptured() { for (;;) kept.push({ number: kept.length, list: [1] }); }
