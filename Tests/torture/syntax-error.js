// syntax-error
// expects: (load) SyntaxError
function onItemCaptured(data) {
  console.log(data.;
}
