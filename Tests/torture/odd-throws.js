// odd-throws
// expects: (hook=onItemCaptured) [unprintable object]
var thrown = [null, undefined, 0, "", [1], { toString: function () { throw 1; }, toJSON: function () { throw 2; } }];
function onItemCaptured(data) { throw thrown[data.number % thrown.length]; }
