// not-utf-8
// no script: the folder is told of, and the file passed over
function onItemCaptured(data) { if (data.number === 1) console.log("umlaut", "הצü".length); }
