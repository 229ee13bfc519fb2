// escaping
// expects: (load) SyntaxError
}); console.log("outside"); (function () {
