// octal-escapes
// expects: [31mred[0m
function onItemCaptured(data) { if (data.number === 1) console.log("\033[31mred\033[0m"); }
