// raw-escapes
// expects: [1mbold[0m
function onItemCaptured(data) { if (data.number === 1) console.log("[1mbold[0m"); }
