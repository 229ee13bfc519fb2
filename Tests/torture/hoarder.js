// hoarder
// expects: in quarantine
var kept = [];
function onItemCaptured() { for (;;) kept.push({ number: kept.length, list: [1] }); }
